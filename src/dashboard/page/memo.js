/** Draws a part of the page only when it has to be: a page of forty threads that all change would else cost the browser much. */
import { Component, html } from "./preact.js"

/** A component that is drawn again only if `isSame` says that its properties differ. */
export const memo = (Part, isSame) =>
  class extends Component {
    shouldComponentUpdate(next) {
      return !isSame(this.props, next)
    }

    render(props) {
      return html`<${Part} ...${props} />`
    }
  }

/** What happens to come into sight, or is close to it, and goes out of it. */
const sight = typeof IntersectionObserver === "undefined" ? null : new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) watched.get(target)?.(isIntersecting)
}, { rootMargin: "200px" })
const watched = new Map()

/**
 * A component that is drawn again at once if its `urgent` property differs, and for its `tick` only while it is in sight.
 */
export const live = (Part) =>
  class extends Component {
    componentDidMount() {
      this.isSeen = sight === null
      this.element = this.base
      watched.set(this.element, (isSeen) => {
        const comes = isSeen && !this.isSeen
        this.isSeen = isSeen
        if (comes) this.forceUpdate()
      })
      sight?.observe(this.element)
    }

    componentWillUnmount() {
      watched.delete(this.element)
      sight?.unobserve(this.element)
    }

    shouldComponentUpdate(next) {
      return next.urgent !== this.props.urgent || this.isSeen && next.tick !== this.props.tick
    }

    render(props) {
      return html`<${Part} ...${props} />`
    }
  }
