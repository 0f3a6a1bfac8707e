/** The box to write in: texts, files, and what is proposed while somebody writes a command. */
import { html, useEffect, useMemo, useRef, useState } from "./preact.js"
import { order, upload } from "./server.js"

const nothing = { hint: null, proposals: [] }

/** What the sandbox proposes for a line, a moment after it was written. */
const useProposals = (line, who) => {
  const [found, setFound] = useState(nothing)
  const isCommand = line.startsWith("/")
  useEffect(() => {
    if (!isCommand) return setFound(nothing)
    let current = true
    const timer = setTimeout(async () => {
      const { result = nothing } = await order({ _tag: "Propose", ...who, line })
      if (current) setFound(result)
    }, 80)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [line, isCommand, who])
  return isCommand ? found : nothing
}

const Hint = ({ hint }) =>
  html`<p class="hint"><b>${hint.name}</b> ${hint.description}${!hint.required && " (may be left out)"}</p>`

/** A list that the arrow keys go through, while the focus stays in the box. */
const Proposals = ({ proposals, at, take }) =>
  html`<ul id="proposals" role="listbox" aria-label="Proposals">${
    proposals.map((one, n) =>
      html`<li role="option" id=${`proposal-${n}`} aria-selected=${n === at} key=${`${one.label} ${one.text}`}
        ref=${(element) => n === at && element?.scrollIntoView({ block: "nearest" })}
        onMouseDown=${(event) => event.preventDefault()} onClick=${() => take(one)}>
        <b>${one.label}</b> <span class="muted">${one.description}</span>
        ${one.isFile && html`<span class="tag">choose a file</span>`}
      </li>`
    )
  }</ul>`

/** Which proposal is chosen by keys, and what the keys do. -1 is none; so it is again when the line or the proposals are others. */
const useChoice = (line, proposals, take, close) => {
  const [choice, setChoice] = useState({ at: -1 })
  const at = choice.line === line && choice.of === proposals ? choice.at : -1
  const setAt = (at) => setChoice({ at, line, of: proposals })
  const onKeyDown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (event.isComposing || proposals.length === 0) return
    if (step !== undefined) setAt(at < 0 && step < 0 ? proposals.length - 1 : (at + step) % proposals.length)
    else if (event.key === "Escape") close()
    else if (event.key === "Enter" && at >= 0) take(proposals[at])
    else return
    event.preventDefault()
  }
  return { at, onKeyDown }
}

const Files = ({ files, drop }) =>
  files.length > 0 &&
  html`<ul class="files" aria-label="Files to send">${
    files.map((file) =>
      html`<li>${file.name} <button type="button" class="plain" aria-label=${`Leave out ${file.name}`}
        onClick=${() => drop(file)}>×</button></li>`
    )
  }</ul>`

/** Sends files one after the other; resolves to their ids. */
const uploaded = async (files) => {
  const ids = []
  for (const file of files) ids.push(await upload(file))
  return ids
}

/** `say(text, ids)` resolves to whether it was taken; if not, it stays in the box. `type()` is called while text is written. */
export const Write = ({ who, say, type, fail }) => {
  const [text, setText] = useState("")
  const [files, setFiles] = useState([])
  const [closedFor, setClosedFor] = useState(null)
  const [picker, input, typedAt] = [useRef(null), useRef(null), useRef(0)]
  const { hint, proposals: all } = useProposals(text, who)
  const isClosed = closedFor === text
  const proposals = useMemo(
    () => isClosed ? [] : all.filter(({ isFile }) => !isFile || files.length === 0),
    [all, isClosed, files]
  )
  const change = (value) => {
    setText(value)
    if (value !== "" && !value.startsWith("/") && Date.now() - typedAt.current > 8000) {
      typedAt.current = Date.now()
      type()
    }
  }
  const take = (proposal) => {
    if (proposal.isFile) return picker.current.click()
    setText(proposal.text)
    input.current.focus()
  }
  const { at, onKeyDown } = useChoice(text, proposals, take, () => setClosedFor(text))
  const pick = ({ currentTarget }) => {
    setFiles((had) => [...had, ...currentTarget.files])
    currentTarget.value = ""
    input.current.focus()
  }
  const send = async (event) => {
    event.preventDefault()
    const content = text.trim()
    if (content === "" && files.length === 0) return
    setText("")
    const taken = await uploaded(files).then((ids) => say(content, ids), fail)
    if (taken) setFiles([])
    else setText((now) => now === "" ? content : now)
    input.current?.focus()
  }
  const isOpen = proposals.length > 0
  return html`<form class="write" onSubmit=${send}>
    ${
    (isOpen || (hint && !isClosed)) && html`<div class="above">
      ${hint && html`<${Hint} hint=${hint} />`}
      ${isOpen && html`<${Proposals} proposals=${proposals} at=${at} take=${take} />`}
    </div>`
  }
    <${Files} files=${files} drop=${(file) => setFiles((had) => had.filter((one) => one !== file))} />
    <div class="line">
      <label class="attach" title="Add files">
        <span aria-hidden="true">+</span>
        <input ref=${picker} type="file" multiple aria-label="Add files" onChange=${pick} />
      </label>
      <input ref=${input} value=${text} maxlength="2000" autocomplete="off" aria-label="Message" role="combobox"
        aria-expanded=${isOpen} aria-controls="proposals" aria-autocomplete="list"
        aria-activedescendant=${at >= 0 ? `proposal-${at}` : undefined} placeholder="A message, or / for commands"
        onKeyDown=${onKeyDown} onInput=${({ currentTarget }) => change(currentTarget.value)} />
      <button class="component primary">Send</button>
    </div>
  </form>`
}
