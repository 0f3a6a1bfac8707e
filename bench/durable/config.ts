import { Actor, Storage, System, Thread } from "heddle"
import { Sink } from "./Sink.ts"

export default System.make({
  module: import.meta.url,
  threads: { sink: Thread.make({ actors: [Actor.lazy(Sink, () => import("./SinkLayer.ts"))] }) },
  storage: Storage.sqlite(process.env["BENCH_DATABASE"] ?? "bench.db")
})
