/** The parts of the page: a thread with its actors, the chat, the log. */
import { Chart } from "./charts.js"
import { html, useEffect, useRef, useState } from "./preact.js"

/** Each state has a shape of its own, so that nothing depends on colour. */
const marks = {
  running: "●",
  idle: "○",
  starting: "◔",
  restarting: "◑",
  stopping: "◕",
  stopped: "■",
  quarantined: "⊘",
  condemned: "▲"
}

const State = ({ state }) =>
  html`
  <span class=${`state ${state}`}><i aria-hidden="true">${marks[state] ?? "?"}</i>${state}</span>
`

const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
const clock = (millis) => new Date(millis).toLocaleTimeString([], { hour12: false })
const span = (millis) => {
  const seconds = Math.max(0, Math.round(millis / 1000))
  return seconds < 60
    ? `${seconds} s`
    : seconds < 3600
    ? `${Math.floor(seconds / 60)} min`
    : `${Math.floor(seconds / 3600)} h ${Math.floor(seconds % 3600 / 60)} min`
}

/** Says a cause in one line, in the words of the log. */
export const cause = (value) => {
  switch (value._tag) {
    case "Thrown":
      return `${value.name}: ${value.message}`
    case "Exited":
      return value.how === "process.exit" ? `process.exit(${value.code}) was called` : "its event loop ran empty"
    case "OutOfMemory":
      return "out of memory"
    case "Stalled":
      return `event loop blocked for ${span(value.millis)}${value.inHand ? ` with ${value.inHand} in hand` : ""}`
    case "StartTimedOut":
      return `not ready within ${span(value.millis)}`
    case "Requested":
      return "an operator asked for it"
    default:
      return `${value.actor}: ${value.message}`
  }
}

const drills = [
  ["throw", "Throw an error", "uncaught, outside any handler"],
  ["exit", "Exit", "process.exit(0)"],
  ["oom", "Run out of memory", "until the heap limit"],
  ["spin", "Loop for ever", "while (true) {}"]
]

/** A menu that closes on Escape, on a choice and on a click elsewhere. */
const CrashMenu = ({ name, onDrill }) => {
  const menu = useRef(null)
  const close = () => menu.current.removeAttribute("open")
  const onKeyDown = (event) => {
    if (event.key !== "Escape") return
    close()
    menu.current.querySelector("summary").focus()
  }
  const onFocusOut = (event) => {
    if (!menu.current.contains(event.relatedTarget)) close()
  }
  return html`
    <details class="menu" ref=${menu} onKeyDown=${onKeyDown} onFocusOut=${onFocusOut}>
      <summary class="button" aria-label=${`Crash ${name} on purpose`}>Crash on purpose</summary>
      <div class="choices">
        ${
    drills.map(([how, title, detail]) =>
      html`
          <button key=${how} onClick=${() => {
        close()
        onDrill(how)
      }}><b>${title}</b><span>${detail}</span></button>
        `
    )
  }
      </div>
    </details>
  `
}

const Actor = ({ actor }) =>
  html`
  <tr>
    <th scope="row">
      ${actor.name}
      ${actor.lastCause && html`<small class="cause">▲ ${cause(actor.lastCause)}</small>`}
    </th>
    <td data-label="state"><${State} state=${actor.state} /></td>
    <td data-label="mailbox">${actor.mailboxDepth}</td>
    <td data-label="handled">${actor.handled}</td>
    <td data-label="failed">${actor.failed}</td>
    <td data-label="restarts">${actor.restarts}</td>
  </tr>
`

/** One thread. `own` says that it serves this page. */
export const Thread = ({ thread, past, nowMillis, own, busy, order }) => {
  const last = past.at(-1) ?? { busy: 0, heap: 0, waiting: 0, rate: 0 }
  const send = (what, body) => {
    const warning = `"${thread.name}" serves this page, which will be gone until it is back. Go on?`
    if (!own || confirm(warning)) order(thread.name, what, body)
  }
  const stopped = thread.state === "stopped" || thread.state === "quarantined"
  return html`
    <li class=${`card thread ${thread.state}`}>
      <header>
        <h3>${thread.name}</h3>
        <${State} state=${thread.state} />
        ${own && html`<span class="tag">this page</span>`}
        <div class="actions" role="group" aria-label=${`Actions for ${thread.name}`}>
          <button class="button" disabled=${busy || stopped} onClick=${() => send("restart")}>Restart</button>
          ${
    stopped
      ? html`<button class="button" disabled=${busy} onClick=${() => send("start")}>Start</button>`
      : html`<button class="button" disabled=${busy} onClick=${() => send("stop")}>Stop</button>`
  }
          <${CrashMenu} name=${thread.name} onDrill=${(how) => send("drill", { how })} />
        </div>
      </header>
      <p class="facts">
        <span>incarnation ${thread.incarnation}</span>
        <span>${plural(thread.restarts, "restart")}</span>
        ${thread.readyAtMillis !== null && html`<span>ready for ${span(nowMillis - thread.readyAtMillis)}</span>`}
      </p>
      ${
    thread.lastCause && html`
        <p class="cause"><i aria-hidden="true">▲</i><span>Last ended: ${cause(thread.lastCause)}</span></p>
      `
  }
      <div class="charts">
        <${Chart} label="Event loop" shown=${`${Math.round(last.busy * 100)} %`} max=${1}
          values=${past.map(({ busy }) => busy)} />
        <${Chart} label="Heap" shown=${megabytes(last.heap)} max=${32e6} values=${past.map(({ heap }) => heap)} />
        <${Chart} label="Messages" shown=${`${last.rate.toFixed(last.rate < 10 ? 1 : 0)} / s`} max=${4}
          values=${past.map(({ rate }) => rate)} />
        <${Chart} label="Mailbox" shown=${last.waiting} max=${8} values=${past.map(({ waiting }) => waiting)} />
      </div>
      <table class="actors">
        <thead>
          <tr>
            <th scope="col">Actor</th><th scope="col">State</th><th scope="col">Mailbox</th>
            <th scope="col">Handled</th><th scope="col">Failed</th><th scope="col">Restarts</th>
          </tr>
        </thead>
        <tbody>${thread.actors.map((actor) => html`<${Actor} key=${actor.name} actor=${actor} />`)}</tbody>
      </table>
    </li>
  `
}

/** Keeps a list scrolled to its end, unless the reader has scrolled away from it. */
const useStickToEnd = (length) => {
  const list = useRef(null)
  const stuck = useRef(true)
  useEffect(() => {
    if (stuck.current) list.current.scrollTop = list.current.scrollHeight
  }, [length])
  const onScroll = ({ currentTarget: box }) => {
    stuck.current = box.scrollHeight - box.scrollTop - box.clientHeight < 40
  }
  return { ref: list, onScroll }
}

const BotLine = ({ bot }) => {
  if (!bot.status) return html`<p class="bot bad"><i aria-hidden="true">▲</i><span>${bot.why}</span></p>`
  const { latencyMillis, mode, state, user } = bot.status
  return html`
    <p class=${`bot ${state === "ready" ? "good" : "bad"}`}>
      <i aria-hidden="true">${state === "ready" ? "●" : "◑"}</i>
      <span>${user ?? "the bot"} is ${state} on ${mode === "sandbox" ? "the sandbox" : "Discord"}</span>
      ${latencyMillis !== null && html`<span class="muted">${Math.round(latencyMillis)} ms</span>`}
    </p>
  `
}

const suggestions = ["/health", "/scrape https://example.com"]

/** The sandbox's channel. */
export const Chat = ({ messages, bot, sandbox, say }) => {
  const [text, setText] = useState("")
  const [sending, setSending] = useState(false)
  const input = useRef(null)
  const scroll = useStickToEnd(messages.length)
  const send = async (event) => {
    event.preventDefault()
    if (text.trim() === "" || sending) return
    setSending(true)
    if (await say(text.trim())) setText("")
    setSending(false)
    input.current.focus()
  }
  return html`
    <section class="card chat" aria-labelledby="chat-title">
      <header><h2 id="chat-title">Talk to the bot</h2></header>
      <${BotLine} bot=${bot} />
      <ol class="scroll" role="log" aria-label="Chat" tabindex="0" ...${scroll}>
        ${
    messages.length === 0 && html`
          <li class="empty">Nothing was said yet. Try a command; the bot answers through Discord's own protocol.</li>
        `
  }
        ${
    messages.map((message) =>
      html`
          <li key=${message.id} class=${message.fromBot ? "message from-bot" : "message"}>
            <p class="by"><b>${message.author}</b>${message.fromBot && html`<span class="tag">bot</span>`}
              <time>${clock(message.atMillis)}</time></p>
            <p class="says">${message.content}</p>
          </li>
        `
    )
  }
      </ol>
      ${
    sandbox === null
      ? html`<p class="note">${
        bot.status?.mode === "discord"
          ? "The bot is on Discord itself; this box is for the sandbox."
          : "The sandbox does not answer now."
      }</p>`
      : html`
          <form onSubmit=${send}>
            <div class="suggestions" role="group" aria-label="Commands to try">
              ${
        suggestions.map((suggestion) =>
          html`
                <button type="button" key=${suggestion} onClick=${() => {
            setText(suggestion)
            input.current.focus()
          }}>${suggestion}</button>
              `
        )
      }
            </div>
            <div class="say">
              <input ref=${input} value=${text} maxlength="2000" placeholder="Say something, or /health" autocomplete="off"
                aria-label="Message" onInput=${({ currentTarget }) => setText(currentTarget.value)} />
              <button class="button primary" disabled=${sending}>Send</button>
            </div>
          </form>
        `
  }
    </section>
  `
}

const logMarks = {
  ThreadStarted: "●",
  ActorStarted: "●",
  ThreadExited: "■",
  ThreadRestarting: "◑",
  ThreadStalled: "▲",
  ThreadTerminated: "▲",
  ActorFailed: "▲",
  DeadLetter: "✕",
  GaveUp: "▲"
}

/** The system's events, newest last. */
export const Log = ({ lines }) => {
  const scroll = useStickToEnd(lines.length === 0 ? 0 : lines.at(-1).key)
  return html`
    <section class="card log" aria-labelledby="log-title">
      <header><h2 id="log-title">Events</h2></header>
      <ol class="scroll" role="log" aria-label="Events" tabindex="0" ...${scroll}>
        ${lines.length === 0 && html`<li class="empty">Nothing has happened since this page's thread started.</li>`}
        ${
    lines.map((line) =>
      html`
          <li key=${line.key} class=${line.kind}>
            <time>${clock(line.atMillis)}</time><i aria-hidden="true">${logMarks[line.kind] ?? "·"}</i>
            <span>${line.text}</span>
          </li>
        `
    )
  }
      </ol>
    </section>
  `
}
