// A prediction: one question, one answer, a button that commits to it. Committed, it can be changed until the run
// has been set beside it.

let instances = 0;

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  Object.assign(made, properties);
  made.append(...children);
  return made;
}

function render({ model, el }) {
  const id = `waterline-predict-${++instances}`;
  const kind = model.get("kind");

  const legend = element("legend", { textContent: model.get("question") });
  const form = element("form", { className: "waterline-predict", noValidate: true });
  const fields = element("fieldset", {}, legend);
  const status = element("p", { className: "waterline-line" });
  status.setAttribute("role", "status");
  const trouble = element("p", { className: "waterline-error" });
  trouble.setAttribute("role", "alert");
  const commit = element("button", { type: "submit", textContent: "Commit" });
  const change = element("button", { type: "button", textContent: "Change" });

  const inputs = [];
  if (kind === "choice") {
    model.get("choices").forEach((choice, number) => {
      const input = element("input", { type: "radio", name: id, id: `${id}-${number}`, value: choice });
      inputs.push(input);
      fields.append(
        element("div", { className: "waterline-choice" }, input,
          element("label", { htmlFor: input.id, textContent: choice })),
      );
    });
  } else {
    const input = element("input", { type: kind === "number" ? "number" : "text", id: `${id}-field` });
    if (kind === "number") input.step = "any";
    inputs.push(input);
    fields.append(element("label", { htmlFor: input.id, textContent: "Your prediction" }), input);
  }
  const buttons = element("div", { className: "waterline-buttons" }, commit, change);
  fields.append(buttons);
  form.append(fields, status, trouble);
  el.replaceChildren(form);

  let changing = false;

  const given = () => {
    if (kind === "choice") return inputs.find((input) => input.checked)?.value ?? "";
    return inputs[0].value.trim();
  };

  function show() {
    const answer = model.get("answer");
    const revealed = model.get("revealed");
    const locked = Boolean(revealed) || (answer !== null && !changing);
    for (const input of inputs) {
      input.disabled = locked;
      if (answer !== null && !changing) {
        if (kind === "choice") input.checked = input.value === answer;
        else input.value = answer;
      }
    }
    commit.hidden = locked;
    change.hidden = !locked;
    buttons.hidden = Boolean(revealed);
    status.textContent = revealed || (answer === null ? "" : `You said ${answer}.`);
    trouble.textContent = model.get("trouble");
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!given()) {
      trouble.textContent = kind === "choice" ? "Choose one answer first." : "Write your prediction first.";
      inputs[0].focus();
      return;
    }
    changing = false;
    model.set("answer", given());
    try {
      model.save_changes();
    } catch {
      // No kernel, as in the web book: the answer holds for this page.
    }
    show();
    if (!change.hidden) change.focus();
  });
  change.addEventListener("click", () => {
    changing = true;
    show();
    (inputs.find((input) => input.checked) ?? inputs[0]).focus();
  });
  // JupyterLab takes plain keys, arrows too, for commands; those pressed in the form are not for it.
  form.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey && event.key !== "Escape") event.stopPropagation();
  });

  model.on("change:answer", show);
  model.on("change:revealed", show);
  model.on("change:trouble", show);
  show();
  return () => {
    model.off("change:answer", show);
    model.off("change:revealed", show);
    model.off("change:trouble", show);
  };
}

export default { render };
