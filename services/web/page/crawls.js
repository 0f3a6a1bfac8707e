/** How far the crawls that are running have come. */
import { html } from "./preact.js"
import { plural } from "./words.js"

const Crawl = ({ crawl }) => {
  const { failed, fetched, maxPages, queued, seed, skipped = {} } = crawl
  const left = Object.values(skipped).reduce((sum, count) => sum + count, 0)
  return html`<li>
    <p><b>${seed}</b></p>
    <progress aria-label=${`Crawl of ${seed}`} max=${Math.min(maxPages, fetched + failed + queued)}
      value=${fetched + failed}></progress>
    <p class="facts"><span>${plural(fetched, "page")}</span><span>${failed} failed</span><span>${queued} queued</span>${
    left > 0 &&
    html`<span title=${
      Object.entries(skipped).map(([reason, count]) => `${count} ${reason}`).join(", ")
    }>${left} left out</span>`
  }</p>
  </li>`
}

/** Nothing while no crawl is running. */
export default ({ view: { crawls } }) =>
  crawls.length > 0 && html`<section class="card crawls" aria-labelledby="crawls-title">
    <header><h2 id="crawls-title">Crawls</h2></header>
    <ul>${crawls.map((crawl) => html`<${Crawl} key=${crawl.seed} crawl=${crawl} />`)}</ul>
  </section>`
