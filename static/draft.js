// Saves a long form while it is filled in: two seconds after the last change, and when the page is left.
(function () {
  "use strict";
  const form = document.querySelector("form[data-autosave]");
  if (!form) return;
  const status = form.querySelector("[data-autosave-status]");
  const version = form.querySelector("input[name=version]");
  let timer = 0;
  let isSaving = false;
  let isDirty = false;

  async function save() {
    if (isSaving || !isDirty) return;
    isSaving = true;
    isDirty = false;
    try {
      const answer = await fetch(form.dataset.autosave, { method: "POST", body: new FormData(form) });
      const said = await answer.json();
      if (answer.ok) version.value = said.version;
      status.textContent = said.message || "";
    } catch (error) {
      isDirty = true; // offline: the next change tries again
    } finally {
      isSaving = false;
    }
  }

  form.addEventListener("input", function () {
    isDirty = true;
    window.clearTimeout(timer);
    timer = window.setTimeout(save, 2000);
  });
  form.addEventListener("change", function () {
    isDirty = true;
  });
  form.addEventListener("submit", function () {
    window.clearTimeout(timer);
    isDirty = false;
  });
})();
