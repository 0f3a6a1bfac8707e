/** A thread that is made to crash; `BENCH_STANDBY` is the number of its standby threads, `BENCH_BACKOFF` its back-off. */
import { Actor, System, Thread } from "heddle"
import { Victim } from "./Victim.ts"

const number = (name: string): number => Number(process.env[name] ?? 0)
const backoff = number("BENCH_BACKOFF")

export default System.make({
  module: import.meta.url,
  threads: {
    victim: Thread.make({
      actors: [Actor.lazy(Victim, () => import("./VictimLayer.ts"))],
      restart: { backoff: { min: backoff, max: backoff, jitter: 0 }, limit: { failures: 1_000_000 } },
      standby: number("BENCH_STANDBY")
    })
  }
})
