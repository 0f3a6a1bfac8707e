/** A scraper and nothing else, for programs that crawl. */
import { System } from "heddle"
import { scraper } from "../threads.ts"

export default System.make({ module: import.meta.url, threads: { scraper } })
