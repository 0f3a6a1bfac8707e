/** One actor: how it is and what it does, a form for each of its messages, what its thread died of, and files about that. */
import { Dialog, Problem } from "./dialog.js"
import { Field, initial, valueOf } from "./form.js"
import { Inspection } from "./inspection.js"
import { Keys } from "./keys.js"
import { html, useEffect, useState } from "./preact.js"
import { download, get, post } from "./server.js"
import { ThreadSettings, useSettings } from "./settings.js"
import { cause, clock, plural } from "./words.js"

const Answer = ({ answer }) => {
  if (answer.error) return html`<${Problem} text=${answer.error} />`
  const { isStream, values } = answer
  if (values.length === 0) {
    return html`<p class="note" role="status">${isStream ? "No elements within 2 s." : "Done."}</p>`
  }
  const text = values.map((value) => JSON.stringify(value, null, 2)).join("\n")
  return html`<div role="status">
    ${isStream && html`<p class="note">${plural(values.length, "element")} of the first 2 s</p>`}
    <pre tabindex="0" aria-label="Answer">${text}</pre>
  </div>`
}

const Message = ({ actor, message, isKeyed }) => {
  const { schema: document } = message
  const schema = document?.schema ?? {}
  const definitions = document?.definitions
  const [typed, setTyped] = useState(() => initial(schema, definitions))
  const [key, setKey] = useState("")
  const [answer, setAnswer] = useState(null)
  const [sending, setSending] = useState(false)
  const send = async (event) => {
    event.preventDefault()
    setSending(true)
    try {
      const payload = message.hasPayload ? valueOf(schema, definitions, typed, true, "") : undefined
      const body = { message: message.name, ...(payload === undefined ? {} : { payload }), ...(isKeyed ? { key } : {}) }
      setAnswer(await post(`api/actors/${encodeURIComponent(actor)}/call`, body))
    } catch (error) {
      setAnswer({ error: error.message })
    }
    setSending(false)
  }
  return html`<details class="message-form">
    <summary><code>${message.name}</code>${message.isStream && html`<span class="tag">stream</span>`}</summary>
    <form onSubmit=${send}>
      ${
    isKeyed && html`<${Field} schema=${{ type: "string" }} name="key" id="key" value=${key} isRequired=${true}
        onChange=${setKey} />`
  }
      ${
    message.hasPayload && html`<${Field} schema=${schema} definitions=${definitions} name="" id=${message.name}
        value=${typed} isRequired=${true} onChange=${setTyped} />`
  }
      <button class="button primary" disabled=${sending}>${sending ? "Waiting for the answer" : "Send"}</button>
      ${answer && html`<${Answer} answer=${answer} />`}
    </form>
  </details>`
}

const Facts = ({ thread, actor }) =>
  html`<dl>
    <div><dt>Thread</dt><dd>${thread.name}</dd></div>
    <div><dt>State</dt><dd>${actor.state}</dd></div>
    <div><dt>Incarnation</dt><dd>${actor.incarnation}, ${plural(actor.restarts, "restart")}</dd></div>
    <div><dt>Messages</dt><dd>${actor.handled} handled, ${actor.failed} failed, ${actor.mailboxDepth} waiting</dd></div>
    ${
    actor.keys && html`<div><dt>Keys</dt><dd>${actor.keys.awake} awake, ${actor.keys.quarantined} given up</dd></div>`
  }
    ${actor.lastCause && html`<div><dt>Last failure</dt><dd class="cause">${cause(actor.lastCause)}</dd></div>`}
  </dl>`

/** A death of the actor's thread. */
const Death = ({ record }) =>
  html`<details class="death">
    <summary>${clock(record.atMillis)} #${record.incarnation}: ${cause(record.cause)}</summary>
    ${record.cause.stack && html`<pre tabindex="0" aria-label="Stack">${record.cause.stack}</pre>`}
    ${
    record.handling.length > 0 &&
    html`<p>In work: ${
      record.handling.map(({ actor, key, message, sender }) =>
        `${actor}${key === undefined ? "" : `(${JSON.stringify(key)})`}.${message} from ${sender}`
      ).join(", ")
    }</p>`
  }
    <pre tabindex="0" aria-label="Last log records">${
    record.logs.map(({ level, message, time }) => `${time.slice(11, 23)} ${level} ${message}`).join("\n") ||
    "nothing logged"
  }</pre>
  </details>`

/** Files for DevTools about the actor's thread. */
const Recordings = ({ thread }) => {
  const [state, setState] = useState({ is: "idle" })
  const take = (what) => async () => {
    setState({ is: "taking", what })
    const next = await download(`api/threads/${encodeURIComponent(thread)}/${what}`).then(
      (file) => ({ is: "taken", file }),
      (error) => ({ is: "failed", why: error.message })
    )
    setState(next)
  }
  const label = (what, words, taking) => state.is === "taking" && state.what === what ? taking : words
  return html`<div class="recordings">
    <button class="button" disabled=${state.is === "taking"} onClick=${take("profile")}>${
    label("profile", "CPU profile of 10 s", "Profiling for 10 s")
  }</button>
    <button class="button" disabled=${state.is === "taking"} onClick=${take("heap")}>${
    label("heap", "Heap snapshot", "Taking the snapshot")
  }</button>
    <p class="note" role="status">${
    state.is === "taken" ? `${state.file} is for DevTools.` : "The thread stands still while its heap is written."
  }</p>
    ${state.is === "failed" && html`<${Problem} text=${state.why} />`}
  </div>`
}

/** `onClose` is called when it has closed. */
export const Drawer = ({ thread, actor, onClose }) => {
  const [known, setKnown] = useState({ actors: [], deaths: [] })
  const [problem, setProblem] = useState(null)
  const { settings } = useSettings()
  useEffect(() => {
    Promise.all([get("api/actors"), get("api/post-mortems")]).then(
      ([actors, deaths]) =>
        setKnown({ actors, deaths: deaths.filter((one) => one.thread === thread.name).toReversed() }),
      (error) => setProblem(error.message)
    )
  }, [actor.name])
  const view = known.actors.find(({ name }) => name === actor.name)
  return html`<${Dialog} title=${actor.name} onClose=${onClose}>
    <${Facts} thread=${thread} actor=${actor} />
    ${problem && html`<${Problem} text=${problem} />`}
    ${view?.isKeyed && html`<${Keys} actor=${actor.name} />`}
    <h3>Send a message</h3>
    ${
    view?.messages.map((message) =>
      html`<${Message} key=${message.name} actor=${actor.name} isKeyed=${view.isKeyed} message=${message} />`
    )
  }
    ${view && view.messages.length === 0 && html`<p class="note">It takes none.</p>`}
    <${Inspection} actor=${actor.name} />
    <h3>Deaths of its thread</h3>
    ${
    known.deaths.length === 0 ?
      html`<p class="note">None of the last 20 of the system.</p>` :
      known.deaths.map((record) => html`<${Death} key=${record.atMillis} record=${record} />`)
  }
    <h3>Thread ${thread.name}</h3>
    <${Recordings} key=${thread.name} thread=${thread.name} />
    ${
    settings && html`<details>
      <summary>Settings in force</summary>
      <${ThreadSettings} settings=${settings} group=${thread.group} />
    </details>`
  }
  <//>`
}
