/** The system's events, newest last. */
import { memo } from "./memo.js"
import { html } from "./preact.js"
import { Scroll } from "./scroll.js"
import { clock } from "./words.js"

const marks = {
  ThreadStarted: "●",
  ActorStarted: "●",
  ThreadExited: "■",
  ThreadRestarting: "◑",
  ThreadStalled: "▲",
  ThreadTerminated: "▲",
  StandbyReady: "●",
  StandbyFailed: "▲",
  ActorFailed: "▲",
  DeadLetter: "✕",
  GaveUp: "▲"
}

const Line = ({ line }) =>
  html`<li class=${line.kind}>
    <time>${clock(line.atMillis)}</time><i aria-hidden="true">${marks[line.kind] ?? "·"}</i><span>${line.text}</span>
  </li>`

const empty = html`<li class="empty">Nothing has happened since this page's thread started.</li>`

export const Log = memo(({ lines }) =>
  html`<section class="card log" aria-labelledby="log-title">
    <header><h2 id="log-title">Events</h2></header>
    <${Scroll} label="Events" last=${lines.at(-1)?.key}>
      ${lines.length === 0 ? empty : lines.map((line) => html`<${Line} key=${line.key} line=${line} />`)}
    <//>
  </section>`, (now, next) => now.lines === next.lines)
