/**
 * The first module of every worker thread. It has Node keep what it compiles, and take it from there the next time; that
 * is most of what a thread's start costs, so nothing else is imported before.
 *
 * Plain JavaScript, because it would have to be compiled itself first.
 */
import { enableCompileCache } from "node:module"

enableCompileCache()
await import("./start.ts")
