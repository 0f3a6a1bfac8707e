/**
 * What a user writes to declare a system. `heddle/System` exports it; [topology.ts](topology.ts) checks it.
 */
import type * as Duration from "effect/Duration"
import type { Cluster } from "../Cluster.ts"
import type { Control } from "../Control.ts"
import type { Storage } from "../Storage.ts"
import type * as Thread from "../Thread.ts"

/**
 * What decides the fate of the others when one thread is restarted; OTP's names and meanings.
 *
 * @since 0.1.0
 * @category models
 */
export type Strategy = "one-for-one" | "rest-for-one" | "one-for-all"

/**
 * The declaration of a system, but for its module.
 *
 * **Details**
 * - `threads`: started in this order, stopped in the reverse. A name is 1–64 letters, digits, `_` or `-`, and begins with a
 *   letter; `main` is the supervisor's own thread.
 * - `strategy`: default `"one-for-one"`.
 * - `startup`: `"sequential"` (default): each thread is ready before the next one starts. `"parallel"`: none waits for another;
 *   two load their modules at a time, and all build their actors at the same time.
 * - `shutdownTimeout`: for all threads together; then the rest is terminated. Default 25 seconds.
 * - `layer`: a module whose default export is a `Layer` for every thread: loggers, a tracer, a `ConfigProvider`, the client's
 *   parts of middleware. Each thread builds it for itself, before its own `layer`; main builds it before all threads, for the
 *   supervisor and the program. Nothing that it provides crosses threads. It must need nothing itself. Default none.
 * - `control`: whether the system listens for the `heddle` command. Default `Control.socket` under `heddle start` and
 *   `System.run`, `Control.none` under `System.layer` and `Testing.layer`, whose own option overrides it.
 * - `storage`: where messages are kept that `Actor.durable` has made durable, such as `Storage.sqlite("data/heddle.db")`. Its thread,
 *   `heddle.storage`, is started first and stopped last; no strategy restarts it with others. Default none: then no message may be durable.
 * - `cluster`: how the system runs on several machines, such as `Cluster.make({ address, key, spread: [Room], once: ["bot"] })`. Its
 *   thread, `heddle.cluster`, starts after all threads but those of `once`, and stops before them. Default none.
 *
 * @since 0.1.0
 * @category models
 */
export interface Declaration<Threads extends Readonly<Record<string, Thread.Thread<unknown, unknown>>>> {
  readonly threads: Threads
  readonly strategy?: Strategy | undefined
  readonly startup?: "sequential" | "parallel" | undefined
  readonly shutdownTimeout?: Duration.Input | undefined
  readonly control?: Control | undefined
  readonly storage?: Storage | undefined
  readonly cluster?: Cluster | undefined
}

/**
 * The declaration of a system.
 *
 * **Details**
 * - `module`: always `import.meta.url`, or `__filename` in CommonJS; each thread imports this module again to find its actors.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<Threads extends Readonly<Record<string, Thread.Thread<unknown, unknown>>>>
  extends Declaration<Threads>
{
  readonly module: string
}

/**
 * What a module says of itself: `import.meta`, or `{ url: pathToFileURL(__filename).href, main: require.main === module }`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Meta {
  readonly url: string
  /** It is the entry of the process. If absent, it is compared with `process.argv[1]`. */
  readonly main?: boolean | undefined
}
