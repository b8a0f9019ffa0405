// Compose: prompt, form, what will leave, reply, stop. Follows shared.js in one module.

const WORDS = {
  title: "Compose",
  answers: "Answers: ",
  prompt: "Your prompt",
  placeholder: "A haiku on the first frost, for …",
  form: "Form",
  noForm: "No form",
  send: "Send",
  sendHow: "Ctrl+Enter",
  stop: "Stop",
  leaves: (destination, model) => `This leaves the machine, to ${destination} for ${model}:`,
  stays: "Nothing leaves this machine. This is what is answered:",
  nothingYet: "What you type is shown here as it would be sent, with names, addresses and numbers replaced.",
  looking: "Looking for personal data…",
  found: (count) => (count === 0 ? "Nothing replaced: read it once more." : count === 1 ? "1 detail replaced." : `${count} details replaced.`),
  instruction: "Instruction beside it",
  noPreview: "Without a preview nothing is sent.",
  look: "This is what will leave. Send again to send it.",
  reply: "Reply",
  running: "Writing…",
  outcomes: {
    complete: "Complete. Sealed in your history.",
    stopped: "Stopped. What had come is sealed in your history.",
    refused: "Declined by the model. Sealed in your history.",
    cut: "Ended at its longest length. Sealed in your history.",
    failed: "Cut off. What had come is sealed in your history.",
  },
  unsent: { stopped: "Stopped before anything was sent.", failed: "Not sent." },
  tokens: (input, output) => (input + output ? `${input} tokens in, ${output} out` : ""),
};

const TYPING_PAUSE = 250; // ms without a key before the preview is made

function render({ model, el }) {
  const panel = openPanel(model, el, { title: WORDS.title, name: "prompt" });
  const { post } = panel;
  const view = freshId();
  let desk = null; // the open desk; null while locked, so that nothing of it stays in the page

  function openDesk(forms) {
    let edits = 0; // this view's edits, counted
    let previewed = 0; // the last of them whose preview has come
    let preview = null;
    let sendWhenSeen = false;
    let reply = null; // { reply, next, outcome }
    let asking = -1; // the chunk from which a resend was asked

    const text = make("textarea", { rows: 5, placeholder: WORDS.placeholder, ...PRIVATE });
    const form = make(
      "select",
      { autocomplete: "off" },
      make("option", { value: "" }, WORDS.noForm),
      ...forms.map(({ name, title }) => make("option", { value: name }, title)),
    );
    const send = button(WORDS.send, { kind: "wb-go", title: WORDS.sendHow, "aria-keyshortcuts": "Control+Enter" });
    const stop = button(WORDS.stop, { hidden: true });
    const fault = faultPlace();

    const heading = make("div", { class: "wb-heading", role: "status" }, WORDS.nothingYet);
    const sheet = make("div", { class: "wb-sheet" });
    const outgoing = make("div", { class: "wb-outgoing", role: "group", "aria-label": "What will leave" }, heading, sheet);

    const verse = make("div", { class: "wb-verse", role: "log", "aria-live": "polite", "aria-label": WORDS.reply });
    const byline = make("span", { class: "wb-byline" });
    const outcome = make("span", { class: "wb-quiet", role: "status" });
    const replyFault = faultPlace();
    const sheetOfReply = make(
      "div",
      { class: "wb-reply", hidden: true },
      verse,
      make("div", { class: "wb-row" }, byline, make("span", { class: "wb-gap" }), outcome),
      replyFault.node,
    );

    panel.fill(
      make(
        "div",
        { class: "wb-columns" },
        make(
          "div",
          { class: "wb-column" },
          field(WORDS.prompt, text),
          make(
            "div",
            { class: "wb-row" },
            field(WORDS.form, form),
            make("span", { class: "wb-gap" }),
            stop,
            send,
            make("kbd", { class: "wb-quiet", "aria-hidden": "true" }, WORDS.sendHow),
          ),
          fault.node,
        ),
        make("div", { class: "wb-column" }, outgoing),
      ),
      sheetOfReply,
    );

    const content = () => ({ text: text.value.toWellFormed?.() ?? text.value, form: form.value || null });
    const isRunning = () => reply?.outcome === "running";
    const isStale = () => editing.isWaiting() || previewed < edits;

    function edit() {
      edits += 1;
      post("edit", { ...content(), number: edits, view });
    }
    const editing = later(edit, TYPING_PAUSE);
    const onEdit = () => {
      fault.clear();
      sendWhenSeen = false;
      editing.start();
      showPreview();
    };

    function ask() {
      if (isRunning()) return;
      fault.clear();
      if (!isStale()) {
        post("ask", content());
        return;
      }
      sendWhenSeen = true; // what stays here goes at once when its preview has come; what leaves waits to be seen
      if (editing.isWaiting()) {
        editing.cancel();
        edit();
      }
      showPreview();
    }

    function showPreview() {
      outgoing.classList.toggle("wb-stale", isStale() && text.value.trim() !== "");
      outgoing.setAttribute("aria-busy", String(isStale()));
      if (text.value.trim() === "") {
        heading.textContent = WORDS.nothingYet;
        sheet.replaceChildren();
      } else if (isStale() && preview === null) {
        heading.textContent = WORDS.looking;
        sheet.replaceChildren();
      } else if (preview === null) {
        heading.textContent = WORDS.noPreview;
        sheet.replaceChildren();
      } else {
        const count = preview.parts.filter((part) => part.kind).length;
        heading.textContent = preview.local ? WORDS.stays : WORDS.leaves(preview.destination, preview.model);
        sheet.replaceChildren(
          markedText(preview.parts),
          make("p", { class: "wb-quiet" }, WORDS.found(count)),
          preview.system
            ? make("details", {}, make("summary", {}, WORDS.instruction), make("div", { class: "wb-text" }, preview.system))
            : "",
        );
      }
    }

    function showOutcome() {
      const running = isRunning();
      sheetOfReply.hidden = reply === null;
      verse.setAttribute("aria-busy", String(running));
      stop.hidden = !running;
      send.disabled = running;
      if (reply === null) return;
      byline.textContent = `— ${reply.label}`;
      const { outcome: ended, id } = reply;
      const words = running ? WORDS.running : id ? WORDS.outcomes[ended] : WORDS.unsent[ended];
      outcome.textContent = [id ? WORDS.tokens(reply.input_tokens, reply.output_tokens) : "", words].filter(Boolean).join(" · ");
      if (reply.message) replyFault.show(reply);
      else replyFault.clear();
    }

    // Chunks are numbered: late ones are dropped, and a gap is asked for again.
    function add(piece) {
      if (reply === null || piece.reply !== reply.reply) return;
      if (piece.from === reply.next) {
        verse.append(piece.text);
        reply.next = piece.next;
        asking = -1;
      } else if (piece.next > reply.next) {
        askAgain();
      }
    }
    function askAgain() {
      if (asking === reply.next) return;
      asking = reply.next;
      post("resend", { reply: reply.reply, number: reply.next });
    }

    text.addEventListener("input", onEdit);
    form.addEventListener("change", () => {
      fault.clear();
      sendWhenSeen = false;
      editing.cancel();
      edit();
      showPreview();
    });
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        ask();
      }
    });
    send.addEventListener("click", ask);
    stop.addEventListener("click", () => {
      post("stop");
      text.focus(); // the button goes away with the reply's end
    });

    return {
      state(state) {
        if (!isStale() && (state.draft.text !== text.value || (state.draft.form ?? "") !== form.value)) {
          text.value = state.draft.text;
          form.value = state.draft.form ?? "";
        }
        preview = state.preview;
        showPreview();
        if (state.reply === null || reply === null || reply.reply !== state.reply.reply || reply.next < state.reply.next) {
          reply = state.reply;
          verse.replaceChildren(reply?.text ?? "");
        }
        if (reply !== null) delete reply.text;
        showOutcome();
      },
      draft(draft) {
        if (draft.view === view) return;
        editing.cancel();
        text.value = draft.text;
        form.value = draft.form ?? "";
      },
      preview(message) {
        if (message.view === view) previewed = Math.max(previewed, message.number);
        preview = message.preview;
        showPreview();
        if (!sendWhenSeen || isStale()) return;
        sendWhenSeen = false;
        if (preview === null || preview.local) post("ask", content());
        else fault.show({ message: WORDS.look, remedy: "" });
      },
      started(started) {
        reply = { ...started, next: 0 };
        asking = -1;
        verse.replaceChildren();
        showOutcome();
      },
      piece: add,
      ended(ended) {
        if (reply === null || reply.reply !== ended.reply) return post("ready");
        const { next } = reply;
        reply = { ...ended, next };
        showOutcome();
        if (next < ended.next) askAgain();
      },
      error(error) {
        if (error.about === "lock") return panel.showFault(error);
        if (error.about === "edit") previewed = edits;
        sendWhenSeen = false;
        showPreview();
        fault.show(error);
      },
      close: () => editing.cancel(),
    };
  }

  const closeDesk = () => {
    desk?.close();
    desk = null;
  };
  const toDesk = (event) => (message) => desk?.[event](message);
  panel.on({
    state: (state) => {
      if (state.locked) {
        closeDesk();
        panel.fillLocked();
        return;
      }
      panel.setAside(make("span", { class: "wb-quiet" }, WORDS.answers, state.label), panel.lockButton());
      desk ??= openDesk(state.forms);
      desk.state(state);
    },
    draft: toDesk("draft"),
    preview: toDesk("preview"),
    started: toDesk("started"),
    piece: toDesk("piece"),
    ended: toDesk("ended"),
    error: toDesk("error"),
  });
  return () => {
    closeDesk();
    panel.close();
  };
}

export default { render };
