/** Two threads; `BENCH_ATOMICS=disabled` and `BENCH_AT_A_TIME` as in piscinaPool.ts. */
import { fileURLToPath } from "node:url"
import { Tinypool } from "tinypool"
import { pooled } from "../pool/pooled.ts"

export default () => {
  const pool = new Tinypool({
    filename: fileURLToPath(new URL("../pool/functions.ts", import.meta.url)),
    minThreads: 2,
    maxThreads: 2,
    concurrentTasksPerWorker: Number(process.env["BENCH_AT_A_TIME"] ?? 1),
    useAtomics: process.env["BENCH_ATOMICS"] !== "disabled"
  })
  return Promise.resolve(pooled((name, input) => pool.run(input, { name })))
}
