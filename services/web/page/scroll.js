/** A list that stays at its end as it grows, unless the reader has scrolled away from there. */
import { html, useEffect, useRef } from "./preact.js"

/** `last` changes whenever something is added. */
export const Scroll = ({ label, last, children }) => {
  const list = useRef(null)
  const stuck = useRef(true)
  useEffect(() => {
    if (stuck.current) list.current.scrollTop = list.current.scrollHeight
  }, [last])
  const onScroll = ({ currentTarget: box }) => {
    stuck.current = box.scrollHeight - box.scrollTop - box.clientHeight < 40
  }
  return html`<ol class="scroll" role="log" aria-label=${label} tabindex="0" ref=${list} onScroll=${onScroll}>
    ${children}
  </ol>`
}
