/** BullMQ on a Redis of its own, which writes to disk as BENCH_FSYNC says: "always", or "everysec". */
import { Queue, QueueEvents, Worker } from "bullmq"
import { Redis } from "ioredis"
import { spawn } from "node:child_process"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import type { Measurements } from "../contestant.ts"
import { drive, text } from "../durable/drive.ts"

/** Starts a Redis that listens on a socket in a folder, and ends with this process. */
const redis = async (folder: string): Promise<string> => {
  const path = join(folder, "redis.sock")
  const fsync = process.env["BENCH_FSYNC"] ?? "always"
  const options = { port: "0", unixsocket: path, dir: folder, save: "", appendonly: "yes", appendfsync: fsync }
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
  const server = spawn("redis-server", args, { stdio: ["ignore", "pipe", "inherit"] })
  process.once("exit", () => server.kill())
  for await (const line of createInterface({ input: server.stdout })) {
    if (/ready to accept connections/i.test(line)) {
      server.stdout.resume()
      return path
    }
  }
  throw new Error("redis-server has ended")
}

export default async (): Promise<Measurements> => {
  const path = await redis(dirname(process.env["BENCH_DATABASE"] ?? "."))
  const connection = () => new Redis({ path, maxRetriesPerRequest: null })
  const queue = new Queue("jobs", { connection: connection(), defaultJobOptions: { removeOnComplete: 1000 } })
  const events = new QueueEvents("jobs", { connection: connection() })
  let told = 0
  let taken = 0
  let whenDrained = Promise.withResolvers<void>()
  const worker = new Worker("jobs", async (job) => {
    taken++
    if (taken >= told) whenDrained.resolve()
    return job.data.order
  }, { connection: connection(), concurrency: 64 })
  await Promise.all([queue.waitUntilReady(), events.waitUntilReady(), worker.waitUntilReady()])
  const add = (order: number) => {
    told++
    return queue.add("take", { order, text })
  }
  return drive({
    tell: add,
    ask: async (order) => (await add(order)).waitUntilFinished(events),
    drained: async () => {
      if (taken >= told) return
      whenDrained = Promise.withResolvers()
      await whenDrained.promise
    }
  })
}
