/** A list that stays at its end as it grows, unless the reader has scrolled away from there. */
import { html, useLayoutEffect, useRef } from "./preact.js"

/** `last` changes whenever something is added. */
export const Scroll = ({ label, last, children }) => {
  const list = useRef(null)
  const stuck = useRef(true)
  const top = useRef(0)
  const toEnd = () => {
    if (stuck.current) list.current.scrollTop = list.current.scrollHeight
  }
  useLayoutEffect(toEnd, [last])
  useLayoutEffect(() => {
    const resized = new ResizeObserver(toEnd)
    resized.observe(list.current)
    return () => resized.disconnect()
  }, [])
  // Only who scrolls up wants to stay: the end may be out of sight because the list has just grown.
  const onScroll = ({ currentTarget: box }) => {
    if (box.scrollHeight - box.scrollTop - box.clientHeight < 40) stuck.current = true
    else if (box.scrollTop < top.current) stuck.current = false
    top.current = box.scrollTop
  }
  return html`<div class="scroll" role="log" aria-label=${label} tabindex="0" ref=${list} onScroll=${onScroll}>
    <ol>${children}</ol>
  </div>`
}
