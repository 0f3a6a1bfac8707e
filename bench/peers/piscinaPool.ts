/** Two threads; `BENCH_ATOMICS` and `BENCH_AT_A_TIME` set how they wait and how many tasks each is given at a time. */
import { fileURLToPath } from "node:url"
import { Piscina } from "piscina"
import { pooled } from "../pool/pooled.ts"

const atomics = process.env["BENCH_ATOMICS"]

export default () => {
  const pool = new Piscina({
    filename: fileURLToPath(new URL("../pool/functions.ts", import.meta.url)),
    minThreads: 2,
    maxThreads: 2,
    concurrentTasksPerWorker: Number(process.env["BENCH_AT_A_TIME"] ?? 1),
    atomics: atomics === "async" || atomics === "disabled" ? atomics : "sync"
  })
  return Promise.resolve(pooled((name, input) => pool.run(input, { name })))
}
