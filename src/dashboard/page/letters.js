/** Durable messages whose retries are spent: to be repeated or forgotten. Nothing is shown in a system without storage. */
import { Problem } from "./dialog.js"
import { memo } from "./memo.js"
import { html, useEffect, useState } from "./preact.js"
import { get, post } from "./server.js"
import { clock, plural } from "./words.js"

const everyMillis = 10_000

const Letter = ({ letter, send, busy }) => {
  const { actor, endedAtMillis, failures, key, message, number, payload, sender, why } = letter
  const name = `${key === "" ? actor : `${actor}[${key}]`}.${message}`
  const button = (what, label) =>
    html`<button class="button" disabled=${busy} aria-label=${`${label} ${name}, number ${number}`}
      onClick=${() => send(what, number)}>${label}</button>`
  return html`<li>
    <details>
      <summary><time>${clock(endedAtMillis)}</time> <b>${name}</b></summary>
      <p>From ${sender}, ${plural(failures, "failure")}. ${why}</p>
      ${payload !== undefined && html`<pre tabindex="0" aria-label="Payload">${JSON.stringify(payload, null, 2)}</pre>`}
    </details>
    <div class="actions" role="group" aria-label=${`Dead letter ${number}`}>${button("repeat", "Repeat")}${
    button("drop", "Drop")
  }</div>
  </li>`
}

const useLetters = () => {
  const [known, setKnown] = useState({ isKept: false, letters: [] })
  const [problem, setProblem] = useState(null)
  const read = () =>
    get("api/dead-letters").then((letters) => {
      setKnown(letters)
      setProblem(null)
    }, (error) => setProblem(error.message))
  useEffect(() => {
    void read()
    const timer = setInterval(() => document.hidden || read(), everyMillis)
    return () => clearInterval(timer)
  }, [])
  return { ...known, problem, setProblem, read }
}

export const Letters = memo(() => {
  const { isKept, letters, problem, read, setProblem } = useLetters()
  const [busy, setBusy] = useState(false)
  const send = async (what, number) => {
    if (what === "drop" && !confirm("The message is forgotten for good. Go on?")) return
    setBusy(true)
    const failed = await post(`api/dead-letters/${what}`, { actor: null, numbers: [number] }).then(
      () => null,
      (error) => error
    )
    await read()
    if (failed !== null) setProblem(failed.message)
    setBusy(false)
  }
  if (!isKept) return null
  return html`<section class="card letters" aria-labelledby="letters-title">
    <header><h2 id="letters-title">Dead letters</h2></header>
    ${problem && html`<${Problem} text=${problem} />`}
    ${
    letters.length === 0
      ? html`<p class="note">All durable messages have run, or will.</p>`
      : html`<ul class="scroll">${
        letters.map((letter) => html`<${Letter} key=${letter.number} letter=${letter} send=${send} busy=${busy} />`)
      }</ul>`
  }
  </section>`
}, () => true)
