// A combobox over /pick/<name>: type Chinese, pinyin, initials or a code; arrows and Enter choose. Without script the
// field still takes an exact code or name.
(function () {
  "use strict";
  let serial = 0;

  function attach(input) {
    if (input.dataset.pickerReady) return;
    input.dataset.pickerReady = "1";
    const list = document.createElement("ul");
    list.className = "picker-list";
    list.id = "picker-" + (serial += 1);
    list.setAttribute("role", "listbox");
    list.hidden = true;
    const wrap = document.createElement("div");
    wrap.className = "picker";
    input.parentNode.insertBefore(wrap, input);
    wrap.append(input, list);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", list.id);
    let current = -1;
    let timer = 0;
    let asked = 0;

    function close() {
      list.hidden = true;
      current = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function mark(index) {
      const options = list.children;
      if (!options.length) return;
      current = (index + options.length) % options.length;
      for (let i = 0; i < options.length; i += 1) {
        options[i].setAttribute("aria-selected", String(i === current));
      }
      options[current].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", options[current].id);
    }

    // A field of several entries is searched by what stands after its last separator.
    function typed() {
      const start = "many" in input.dataset ? input.value.search(/[^、，,;；]*$/) : 0;
      return { before: input.value.slice(0, start), query: input.value.slice(start).trim() };
    }

    function choose(option) {
      input.value = typed().before + option.dataset.value;
      close();
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }

    function show(entries) {
      list.replaceChildren(
        ...entries.map(function (entry, index) {
          const option = document.createElement("li");
          option.id = list.id + "-" + index;
          option.setAttribute("role", "option");
          option.setAttribute("aria-selected", "false");
          option.dataset.value = entry.code + " " + entry.text;
          option.textContent = entry.text;
          const context = document.createElement("small");
          context.textContent = entry.code + " " + entry.context;
          option.append(context);
          option.addEventListener("mousedown", function (event) {
            event.preventDefault();
            choose(option);
          });
          return option;
        })
      );
      list.hidden = entries.length === 0;
      input.setAttribute("aria-expanded", String(entries.length > 0));
      current = -1;
    }

    async function search() {
      const query = typed().query;
      const turn = (asked += 1);
      if (!query) return close();
      const answer = await fetch("/pick/" + input.dataset.picker + "?q=" + encodeURIComponent(query));
      if (answer.ok && turn === asked) show(await answer.json());
    }

    input.addEventListener("input", function () {
      window.clearTimeout(timer);
      timer = window.setTimeout(search, 120);
    });
    input.addEventListener("keydown", function (event) {
      if (list.hidden) return;
      if (event.key === "ArrowDown") mark(current + 1);
      else if (event.key === "ArrowUp") mark(current - 1);
      else if (event.key === "Enter" && current >= 0) choose(list.children[current]);
      else if (event.key === "Escape") close();
      else return;
      event.preventDefault();
    });
    input.addEventListener("blur", close);
  }

  function attachAll() {
    document.querySelectorAll("input[data-picker]").forEach(attach);
    const phone = window.matchMedia("(max-width: 940px)");
    function fold() {
      document.querySelectorAll(".side-menu, details[data-fold=phone]").forEach(function (box) {
        box.open = !phone.matches;
      });
    }
    phone.addEventListener("change", fold);
    fold();
  }

  document.addEventListener("DOMContentLoaded", attachAll);
})();

// A file past the limit is named before it is sent: a server that refuses the whole request could not give the rest back.
(function () {
  "use strict";
  document.addEventListener("submit", function (event) {
    const tooLarge = Array.from(event.target.querySelectorAll("input[type=file][data-max-bytes]")).find(function (input) {
      return Array.from(input.files).some((file) => file.size > Number(input.dataset.maxBytes));
    });
    if (!tooLarge) return;
    event.preventDefault();
    const hint = document.getElementById(tooLarge.id + "-hint");
    if (hint) hint.className = "field-error";
    tooLarge.classList.add("is-invalid");
    tooLarge.setAttribute("aria-invalid", "true");
    tooLarge.focus();
  });
})();
