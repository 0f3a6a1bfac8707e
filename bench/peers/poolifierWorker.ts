import { ThreadWorker } from "poolifier"
import type { Small } from "../link/drive.ts"

export default new ThreadWorker<Small, Small>((message) => message ?? { id: 0, a: "", b: 0 })
