/** What an actor does: the messages that it handles, the last ones, those that failed, and what it keeps. */
import { Problem } from "./dialog.js"
import { html, useEffect, useState } from "./preact.js"
import { get } from "./server.js"
import { clock, short, where } from "./words.js"

const everyMillis = 2000

/** Asks again and again while it is shown. */
export const useInspection = (actor) => {
  const [known, setKnown] = useState({ views: null, problem: null })
  useEffect(() => {
    let isShown = true
    let timer
    const read = async () => {
      const answer = await get(`api/actors/${encodeURIComponent(actor)}/inspection`).then(
        (views) => ({ views, problem: null }),
        (error) => ({ views: null, problem: error.message })
      )
      if (!isShown) return
      setKnown((old) => answer.views === null ? { ...old, problem: answer.problem } : answer)
      timer = setTimeout(read, everyMillis)
    }
    void read()
    return () => {
      isShown = false
      clearTimeout(timer)
    }
  }, [actor])
  return known
}

const nameOf = ({ key, message }) => key === null ? message : `[${key}].${message}`

const marks = { handled: "●", error: "◐", failed: "▲", left: "○" }

const Handled = ({ message }) => {
  const { atMillis, error, handleMillis, outcome, payload, sender, waitMillis } = message
  return html`<tr class=${outcome}>
      <td><time>${clock(atMillis)}</time></td>
      <th scope="row">${nameOf(message)}<small>from ${sender}</small></th>
      <td>${short(waitMillis)}</td>
      <td>${short(handleMillis)}</td>
      <td><i aria-hidden="true">${marks[outcome]}</i> ${outcome}</td>
    </tr>
    ${
    (payload !== null || error !== null) && html`<tr class="said"><td colspan="5">
      ${payload !== null && html`<pre tabindex="0" aria-label="Payload">${payload}</pre>`}
      ${error !== null && html`<pre tabindex="0" aria-label="Error">${error}</pre>`}
    </td></tr>`
  }`
}

const Table = ({ messages, label }) =>
  html`<div class="wide" tabindex="0" role="region" aria-label=${label}><table class="messages">
    <thead><tr>
      <th scope="col">Time</th><th scope="col">Message</th><th scope="col">Waited</th><th scope="col">Took</th>
      <th scope="col">Outcome</th>
    </tr></thead>
    <tbody>${
    messages.toReversed().map((message) =>
      html`<${Handled} key=${`${message.atMillis} ${message.message} ${message.sender}`} message=${message} />`
    )
  }</tbody>
  </table></div>`

/** Why a thread says nothing, and where it is. */
const Silence = ({ thread, where: { at, native, stack } }) => {
  const text = at
    ? `Its thread does not move, ${where({ at })}`
    : native
    ? "Its thread does not answer, as in a synchronous native call."
    : thread.state === "running"
    ? "Its thread does not answer."
    : `Its thread is ${thread.state}.`
  return html`<${Problem} text=${text} />${stack && html`<pre tabindex="0" aria-label="Stack">${stack}</pre>`}`
}

const Current = ({ messages }) =>
  html`<h3>In work</h3><ul class="current">${
    messages.map((message) =>
      html`<li><b>${nameOf(message)}</b> from ${message.sender}, for ${short(message.forMillis)}, after ${
        short(message.waitMillis)
      } in the mailbox</li>`
    )
  }</ul>`

/** The last messages: those of this life of the thread, else those before its actor died last. */
const Last = ({ last, lastOfDeath }) => {
  if (last.length > 0) return html`<h3>Last messages</h3><${Table} messages=${last} label="Last messages" />`
  if (lastOfDeath.length === 0) return html`<h3>Last messages</h3><p class="note">None yet.</p>`
  return html`<h3>Last messages before it died</h3><${Table} messages=${lastOfDeath} label="Last messages" />`
}

const nothing = { current: [], failures: [], kept: null, last: [] }

const One = ({ view: { inspection, lastOfDeath, thread, where }, isOne }) => {
  const { current, failures, kept, last } = inspection ?? nothing
  return html`
    ${!isOne && html`<h3>On ${thread.name}</h3>`}
    ${inspection === null && html`<${Silence} thread=${thread} where=${where} />`}
    ${current.length > 0 && html`<${Current} messages=${current} />`}
    <${Last} last=${last} lastOfDeath=${lastOfDeath} />
    ${failures.length > 0 && html`<h3>Earlier failures</h3><${Table} messages=${failures} label="Earlier failures" />`}
    ${kept !== null && html`<h3>Kept for its next life</h3><pre tabindex="0" aria-label="Kept value">${kept}</pre>`}
  `
}

export const Inspection = ({ actor }) => {
  const { problem, views } = useInspection(actor)
  return html`<section class="inspection">
    ${problem && html`<${Problem} text=${problem} />`}
    ${views?.map((view) => html`<${One} key=${view.thread.name} view=${view} isOne=${views.length === 1} />`)}
  </section>`
}
