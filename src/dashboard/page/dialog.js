/** A drawer at the side: it takes the focus, gives it back, and closes on Escape. */
import { html, useEffect, useRef } from "./preact.js"

/** `onClose` is called when it has closed. */
export const Dialog = ({ title, onClose, children }) => {
  const dialog = useRef(null)
  useEffect(() => dialog.current.showModal(), [])
  const outside = (event) => event.target === dialog.current && dialog.current.close()
  return html`<dialog class="drawer" ref=${dialog} aria-labelledby="drawer-title" onClose=${onClose} onClick=${outside}>
    <div class="drawer-content">
      <header>
        <h2 id="drawer-title">${title}</h2>
        <button class="button" onClick=${() => dialog.current.close()}>Close</button>
      </header>
      ${children}
    </div>
  </dialog>`
}

export const Problem = ({ text }) =>
  html`<p class="cause" role="alert"><i aria-hidden="true">▲</i><span>${text}</span></p>`
