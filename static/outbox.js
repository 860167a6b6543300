// Forms that survive a bad line. What is sent is first put aside on this device with a key of its own; it is tried at
// once, when the line is back, and every few seconds. The server keeps each key once, so sending twice does no harm.
// Without script the form is posted as usual.
(function () {
  "use strict";
  const STORE = "lianrong-outbox";
  const RETRY_MS = 10000;
  let isSending = false;

  function read() {
    try {
      return JSON.parse(window.localStorage.getItem(STORE)) || [];
    } catch (error) {
      return [];
    }
  }

  function write(items) {
    window.localStorage.setItem(STORE, JSON.stringify(items));
  }

  function newKey() {
    const bytes = window.crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  function own() {
    const owner = document.body.dataset.owner || "";
    return read().filter((item) => item.owner === owner);
  }

  function forget(key) {
    write(read().filter((item) => item.key !== key));
  }

  function say(form, words, kind) {
    const place = form && form.querySelector("[data-outbox-status]");
    if (!place) return;
    place.textContent = words;
    place.className = "notice notice-" + kind;
    place.hidden = false;
  }

  function showCount() {
    const place = document.querySelector("[data-outbox-count]");
    if (!place) return;
    const n = own().length;
    place.hidden = n === 0;
    place.textContent = place.dataset.words.replace("{n}", String(n));
  }

  // The session's present token: what was typed before signing in again would carry an old one.
  function token() {
    const field = document.querySelector("input[name=csrf_token]");
    return field ? field.value : "";
  }

  async function send(item, form) {
    const body = new URLSearchParams(item.fields);
    body.set("csrf_token", token());
    const answer = await fetch(item.url, {
      method: "POST",
      body,
      headers: { "X-Requested-With": "outbox", Accept: "application/json" },
      redirect: "manual",
    });
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 400) return "sign-in";
    if (answer.status >= 500) return "later";
    let words = "";
    try {
      words = (await answer.json()).message || "";
    } catch (error) {
      words = "";
    }
    forget(item.key);
    say(form, words, answer.ok ? "success" : "warning");
    return "done";
  }

  function formOf(item) {
    return document.querySelector("form[data-key='" + item.key + "']");
  }

  async function sendAll() {
    if (isSending) return;
    isSending = true;
    try {
      for (const item of own()) {
        const form = formOf(item);
        try {
          const came = await send(item, form);
          if (came === "done") continue;
          say(form, came === "sign-in" ? form && form.dataset.signIn : form && form.dataset.kept, "warning");
        } catch (error) {
          say(form, form && form.dataset.kept, "warning"); // offline: it stays put aside
        }
        break;
      }
    } finally {
      isSending = false;
      showCount();
    }
  }

  document.querySelectorAll("form[data-outbox]").forEach(function (form) {
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      const fields = new URLSearchParams(new FormData(form));
      fields.delete("csrf_token");
      const key = newKey();
      fields.set("key", key);
      fields.set("idempotency_key", key);
      fields.set("typed_at", String(Date.now()));
      form.dataset.key = key;
      write(
        read().concat([{ key, url: form.action, fields: fields.toString(), owner: document.body.dataset.owner || "" }])
      );
      showCount();
      sendAll();
    });
  });

  window.addEventListener("online", sendAll);
  window.setInterval(function () {
    if (own().length) sendAll();
  }, RETRY_MS);
  showCount();
  if (own().length) sendAll();
})();
