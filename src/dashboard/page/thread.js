/** One thread: how it is, its last minute, its actors, and what the operator can do with it. */
import { Chart } from "./charts.js"
import { html, useRef } from "./preact.js"
import { cause, megabytes, plural, span } from "./words.js"

/** Each state has a shape of its own, so that nothing depends on colour. */
const marks = {
  running: "●",
  idle: "○",
  starting: "◔",
  restarting: "◑",
  stopping: "◕",
  stopped: "■",
  quarantined: "⊘",
  unkillable: "▲"
}

const State = ({ state }) =>
  html`<span class=${`state ${state}`}><i aria-hidden="true">${marks[state] ?? "?"}</i>${state}</span>`

const drills = [
  ["throw", "Throw an error", "outside any handler"],
  ["exit", "Exit", "process.exit(0)"],
  ["oom", "Run out of memory", "up to the heap limit"],
  ["spin", "Loop for ever", "while (true) {}"]
]

/** A menu that closes on Escape, on a choice, and when the focus goes elsewhere. */
const CrashMenu = ({ name, disabled, onDrill }) => {
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
  const onClick = (event) => disabled && event.preventDefault()
  const choose = (how) => () => {
    close()
    onDrill(how)
  }
  const choice = ([how, title, detail]) =>
    html`<button key=${how} onClick=${choose(how)}><b>${title}</b><span>${detail}</span></button>`
  return html`<details class="menu" ref=${menu} onKeyDown=${onKeyDown} onFocusOut=${onFocusOut}>
    <summary class="button" aria-label=${`Crash ${name} on purpose`} aria-disabled=${disabled} onClick=${onClick}>Crash on purpose</summary>
    <div class="choices">${drills.map(choice)}</div>
  </details>`
}

const Actor = ({ actor }) =>
  html`<tr>
    <th scope="row">
      ${actor.name}${actor.lastCause && html`<small class="cause">▲ ${cause(actor.lastCause)}</small>`}
    </th>
    <td data-label="state"><${State} state=${actor.state} /></td>
    <td data-label="mailbox">${actor.mailboxDepth}</td>
    <td data-label="handled">${actor.handled}</td>
    <td data-label="failed">${actor.failed}</td>
    <td data-label="restarts">${actor.restarts}</td>
  </tr>`

const Actors = ({ actors }) =>
  html`<table class="actors">
    <thead>
      <tr>
        <th scope="col">Actor</th><th scope="col">State</th><th scope="col">Mailbox</th>
        <th scope="col">Handled</th><th scope="col">Failed</th><th scope="col">Restarts</th>
      </tr>
    </thead>
    <tbody>${actors.map((actor) => html`<${Actor} key=${actor.name} actor=${actor} />`)}</tbody>
  </table>`

const Charts = ({ past }) => {
  const { busy, heap, rate, waiting } = past.at(-1) ?? { busy: 0, heap: 0, rate: 0, waiting: 0 }
  const values = (field) => past.map((sample) => sample[field])
  const perSecond = rate > 0 ? rate.toFixed(rate < 10 ? 1 : 0) : "0"
  return html`<div class="charts">
    <${Chart} label="Event loop" shown=${`${Math.round(busy * 100)} %`} max=${1} values=${values("busy")} />
    <${Chart} label="Heap" shown=${megabytes(heap)} max=${32e6} values=${values("heap")} />
    <${Chart} label="Messages" shown=${`${perSecond} / s`} max=${4} values=${values("rate")} />
    <${Chart} label="Mailbox" shown=${waiting} max=${8} values=${values("waiting")} />
  </div>`
}

/** `own` says that the thread serves this page; `past` is its last minute; `order` sends what the operator wants. */
export const Thread = ({ thread, past, nowMillis, own, busy, order }) => {
  const { name, state } = thread
  const stopped = state === "stopped" || state === "quarantined"
  const warning = `"${name}" serves this page, which will be gone until it is back. Go on?`
  const send = (what, body) => {
    if (!own || confirm(warning)) order(name, what, body)
  }
  const button = (what, label, disabled) =>
    html`<button class="button" disabled=${busy || disabled} onClick=${() => send(what)}>${label}</button>`
  const ready = thread.readyAtMillis !== null
    && html`<span>ready for ${span(nowMillis - thread.readyAtMillis)}</span>`
  const lastCause = thread.lastCause
    && html`<p class="cause"><i aria-hidden="true">▲</i><span>Last ended: ${cause(thread.lastCause)}</span></p>`
  return html`<li class=${`card thread ${state}`}>
    <header>
      <h3>${name}</h3>
      <${State} state=${state} />
      ${own && html`<span class="tag">this page</span>`}
      <div class="actions" role="group" aria-label=${`Actions for ${name}`}>
        ${button("restart", "Restart", stopped)}
        ${stopped ? button("start", "Start", false) : button("stop", "Stop", false)}
        <${CrashMenu} name=${name} disabled=${busy || state !== "running"} onDrill=${(how) => send("drill", { how })} />
      </div>
      <p class="facts">
        <span>incarnation ${thread.incarnation}</span>
        <span>${plural(thread.restarts, "restart")}</span>
        ${ready}
      </p>
    </header>
    ${lastCause}
    <${Charts} past=${past} />
    <${Actors} actors=${thread.actors} />
  </li>`
}

/** The instances of one declaration: how many run, and what the operator can do with all of them. */
export const Group = ({ name, threads, busy, order, one }) => {
  const running = threads.filter(({ state }) => state === "running").length
  const down = threads.every(({ state }) => state === "stopped" || state === "quarantined")
  const state = running === threads.length ? "running" : down ? "stopped" : "restarting"
  const button = (what, label, disabled) =>
    html`<button class="button" disabled=${busy || disabled} onClick=${() => order(name, what)}>${label}</button>`
  return html`<li class="group">
    <header>
      <h3>${name}</h3>
      <span class=${`state ${state}`}><i aria-hidden="true">${
    marks[state]
  }</i>${running} of ${threads.length} instances running</span>
      <div class="actions" role="group" aria-label=${`Actions for all of ${name}`}>
        ${button("restart", "Restart all", down)}
        ${down ? button("start", "Start all", false) : button("stop", "Stop all", false)}
      </div>
    </header>
    <ul>${threads.map(one)}</ul>
  </li>`
}
