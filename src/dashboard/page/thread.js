/** One thread: how it is, its last minute, its actors, and what the operator can do with it. */
import { Chart } from "./charts.js"
import { live } from "./memo.js"
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
    <summary class="button" aria-label=${`Crash on purpose: ${name}`} aria-disabled=${disabled} onClick=${onClick}>Crash on purpose</summary>
    <div class="choices">${drills.map(choice)}</div>
  </details>`
}

const Actor = ({ actor, open }) =>
  html`<tr>
    <th scope="row">
      <a href=${`#actor/${encodeURIComponent(actor.name)}`} onClick=${open(actor.name)}>${actor.name}</a>${
    actor.lastCause && html`<small class="cause">▲ ${cause(actor.lastCause)}</small>`
  }
    </th>
    <td data-label="state"><${State} state=${actor.state} /></td>
    <td data-label="mailbox">${actor.mailboxDepth}</td>
    <td data-label="handled">${actor.handled}</td>
    <td data-label="failed">${actor.failed}</td>
    <td data-label="restarts">${actor.restarts}</td>
  </tr>`

const Actors = ({ actors, open }) =>
  html`<table class="actors">
    <thead>
      <tr>
        <th scope="col">Actor</th><th scope="col">State</th><th scope="col">Mailbox</th>
        <th scope="col">Handled</th><th scope="col">Failed</th><th scope="col">Restarts</th>
      </tr>
    </thead>
    <tbody>${actors.map((actor) => html`<${Actor} key=${actor.name} actor=${actor} open=${open} />`)}</tbody>
  </table>`

const Charts = ({ past, hour, name }) => {
  const { busy, heap, rate, waiting } = past.at(-1) ?? { busy: 0, heap: 0, rate: 0, waiting: 0 }
  const drawn = hour ? hour.of(name) : past
  const most = hour?.samples
  const values = (field) => drawn.map((sample) => sample[field])
  const perSecond = rate > 0 ? rate.toFixed(rate < 10 ? 1 : 0) : "0"
  return html`<div class="charts">
    <${Chart} label="Event loop" shown=${`${Math.round(busy * 100)} %`} max=${1} most=${most} values=${
    values("busy")
  } />
    <${Chart} label="Heap" shown=${megabytes(heap)} max=${32e6} most=${most} values=${values("heap")} />
    <${Chart} label="Messages" shown=${`${perSecond} / s`} max=${4} most=${most} values=${values("rate")} />
    <${Chart} label="Mailbox" shown=${waiting} max=${8} most=${most} values=${values("waiting")} />
  </div>`
}

/** A thread whose event loop does not turn, and where it is as soon as that is known. */
const Hung = ({ hang }) =>
  hang.cause
    ? html`<p class="cause hung" role="alert"><i aria-hidden="true">▲</i><span>Hung: ${cause(hang.cause)}</span></p>`
    : html`<p class="cause hung"><i aria-hidden="true">▲</i><span>Its event loop has not turned for ${
      span(hang.millis)
    }. It is busy, or it hangs.</span></p>`

/** From then on a busy thread is worth a word. */
const busyMillis = 1000
/** A snapshot is not newer than that. */
const snapshotMillis = 2000

/** How a thread hangs, if it does. What was found before it last moved is no news of it. */
export const hangOf = ({ incarnation, name, state, unmovedMillis = 0 }, hung, nowMillis) => {
  if (state !== "running" || unmovedMillis === 0) return null
  const { atMillis, cause: found, incarnation: of } = hung[name] ?? {}
  const isPresent = of === incarnation && atMillis >= nowMillis - unmovedMillis - snapshotMillis
  if (isPresent) return { millis: unmovedMillis, cause: found }
  return unmovedMillis >= busyMillis ? { millis: unmovedMillis, cause: null } : null
}

const HungState = ({ hang }) =>
  html`<span class="state unkillable"><i aria-hidden="true">▲</i>${hang.cause ? "hung" : "does not move"}</span>`

const Facts = ({ thread, nowMillis, folded }) => {
  const { actors, incarnation, readyAtMillis, restarts } = thread
  const problems = actors.filter(({ state }) => state !== "running").length
  const inside = `${plural(actors.length, "actor")}${problems > 0 ? `, ${problems} not running` : ""}`
  return html`<p class="facts">
    <span>incarnation ${incarnation}</span>
    <span>${plural(restarts, "restart")}</span>
    ${readyAtMillis !== null && html`<span>ready for ${span(nowMillis - readyAtMillis)}</span>`}
    ${folded && html`<span>${inside}</span>`}
  </p>`
}

const Actions = ({ name, state, own, busy, order }) => {
  const stopped = state === "stopped" || state === "quarantined"
  const warning = `"${name}" serves this page, which will be gone until it is back. Go on?`
  const send = (what, body) => {
    if (!own || confirm(warning)) order(name, what, body)
  }
  const button = (what, label, disabled) =>
    html`<button class="button" disabled=${busy || disabled} onClick=${() => send(what)}>${label}</button>`
  return html`<div class="actions" role="group" aria-label=${`Actions for ${name}`}>
    ${button("restart", "Restart", stopped)}
    ${stopped ? button("start", "Start", false) : button("stop", "Stop", false)}
    <${CrashMenu} name=${name} disabled=${busy || state !== "running"} onDrill=${(how) => send("drill", { how })} />
  </div>`
}

/**
 * `tick` counts the seconds; `urgent` differs if the card has to be drawn again at once.
 * `own` says that the thread serves this page; `past` is its last minute; `order` sends what the operator wants; `fold` folds
 * it and unfolds it; `open` shows one of its actors; `hang` says how it hangs; `hour` is the last hour of all, if that is shown.
 */
export const Thread = live(({ thread, past, nowMillis, own, busy, order, hang, folded, fold, open, hour }) => {
  const { lastCause, name, state } = thread
  const id = `thread-${name}`
  return html`<li class=${`card thread ${state} ${folded ? "folded" : ""}`} id=${id}>
    <header>
      <h3><button class="fold" aria-expanded=${!folded} aria-controls=${`${id}-content`} onClick=${() => fold(name)}>
        <i aria-hidden="true">${folded ? "▸" : "▾"}</i><span>${name}</span>
      </button></h3>
      ${hang ? html`<${HungState} hang=${hang} />` : html`<${State} state=${state} />`}
      ${own && html`<span class="tag">this page</span>`}
      <${Actions} name=${name} state=${state} own=${own} busy=${busy} order=${order} />
      <${Facts} thread=${thread} nowMillis=${nowMillis} folded=${folded} />
    </header>
    ${hang && html`<${Hung} hang=${hang} />`}
    ${
    lastCause
    && html`<p class="cause"><i aria-hidden="true">▲</i><span>Last ended: ${cause(lastCause)}</span></p>`
  }
    <div id=${`${id}-content`} hidden=${folded}>
      ${
    !folded &&
    html`<${Charts} past=${past} hour=${hour} name=${name} /><${Actors} actors=${thread.actors} open=${open} />`
  }
    </div>
  </li>`
})

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
