(function () {
  "use strict";
  var root = document.documentElement;
  function all(selector, inside) { return Array.prototype.slice.call((inside || document).querySelectorAll(selector)); }

  function title(language) { return root.getAttribute("data-title-" + language); }

  function speak(language) {
    document.title = document.title.replace(title(root.lang), title(language));
    root.lang = language;
    all("[data-language]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.language === language));
    });
    all("option[data-zh]").forEach(function (option) { option.textContent = option.dataset[language]; });
  }

  function filter(facility) {
    var plan = facility.querySelector("select[name=plan]").value;
    var subject = facility.querySelector("select[name=subject]").value;
    var total = 0;
    all(".group", facility).forEach(function (group) {
      var box = facility.querySelector("input[value=" + group.dataset.status + "]");
      var shown = 0;
      all("[data-plan]", group).forEach(function (item) {
        var fits = (!plan || item.dataset.plan === plan) && (!subject || item.dataset.subject === subject);
        item.hidden = !fits;
        shown += fits ? 1 : 0;
      });
      group.hidden = !box.checked || !shown;
      total += group.hidden ? 0 : shown;
    });
    facility.querySelector(".shown").textContent = total;
  }

  function reveal() {
    var target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || !target.classList.contains("finding")) { return; }
    var facility = target.closest(".facility");
    if (target.hidden || target.closest(".group").hidden) {
      all("input[name=status]", facility).forEach(function (box) { box.checked = true; });
      all("select", facility).forEach(function (select) { select.value = ""; });
      filter(facility);
    }
    target.open = true;
    target.scrollIntoView();
  }

  root.classList.add("js");
  all("[data-language]").forEach(function (button) {
    button.addEventListener("click", function () { speak(button.dataset.language); });
  });
  all(".facility").forEach(function (facility) {
    var filters = facility.querySelector(".filters");
    filters.addEventListener("change", function () { filter(facility); });
    all("[data-do]", filters).forEach(function (button) {
      button.addEventListener("click", function () {
        all(".group details", facility).forEach(function (one) { one.open = button.dataset.do === "expand"; });
      });
    });
    filter(facility);
  });
  addEventListener("hashchange", reveal);
  speak(root.lang);
  reveal();
})();
