/** The keys of a keyed actor: those that fail or are busy first, each with what can be done about it. */
import { html, useEffect, useState } from "./preact.js"
import { get, post } from "./server.js"
import { plural } from "./words.js"

const pathOf = (actor) => `api/actors/${encodeURIComponent(actor)}/keys`

const stateOf = ({ failures, machine, running, state, waiting }) =>
  [
    state,
    running > 0 && `${running} running`,
    waiting > 0 && `${waiting} waiting`,
    failures > 0 && plural(failures, "failure"),
    machine && `on ${machine}`
  ].filter(Boolean).join(", ")

export const Keys = ({ actor }) => {
  const [search, setSearch] = useState("")
  const [known, setKnown] = useState({ count: 0, keys: [], missing: [] })
  const [problem, setProblem] = useState(null)
  const load = () =>
    get(`${pathOf(actor)}?search=${encodeURIComponent(search)}`).then(
      (list) => {
        setKnown(list)
        setProblem(null)
      },
      (error) => setProblem(error.message)
    )
  useEffect(() => void load(), [actor, search])
  const order = (key, order) => () =>
    post(pathOf(actor), { key, order }).then(load, (error) => setProblem(error.message))
  return html`<h3>Keys</h3>
    <p><label>Search <input type="search" value=${search} onInput=${(event) =>
    setSearch(event.target.value)} /></label></p>
    ${problem && html`<p class="cause" role="alert">${problem}</p>`}
    ${
    known.missing.map(({ machine, problem }) =>
      html`<p key=${machine} class="cause" role="alert">Machine ${machine} does not say which it has: ${problem}.</p>`
    )
  }
    ${known.keys.length === 0 && html`<p class="note">${known.count === 0 ? "No key is awake." : "None of them."}</p>`}
    <ul class="keys">${
    known.keys.map((key) =>
      html`<li key=${key.key}>
        <code>${key.key}</code> <span class="note">${stateOf(key)}</span>
        ${
        key.state === "quarantined" && html`<button class="button" aria-label=${`Wake ${key.key}`}
            onClick=${order(key.key, "wake")}>Wake</button>`
      }
        <button class="button" aria-label=${`Stop ${key.key}`} onClick=${order(key.key, "stop")}>Stop</button>
      </li>`
    )
  }</ul>
    ${
    known.count > known.keys.length && search === "" &&
    html`<p class="note">${known.keys.length} of ${known.count}.</p>`
  }`
}
