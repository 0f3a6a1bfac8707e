import * as Effect from "effect/Effect"
import { execSync } from "node:child_process"
import type { How } from "./Victim.ts"

const end = (how: How): void => {
  switch (how) {
    case "throw":
      return void setTimeout(() => {
        throw new TypeError("a bug")
      })
    case "rejection":
      return void Promise.reject(new RangeError("nobody catches this"))
    case "process.exit(0)":
      return process.exit(0)
    case "out of memory": {
      const held: Array<unknown> = []
      for (;;) held.push(Array.from({ length: 1000 }, (_, index) => ({ index })))
    }
    case "while(true)":
      for (;;);
    case "execSync of 8 s":
      return void execSync("sleep 8", { stdio: "ignore" })
    case "SIGKILL":
      return void process.kill(process.pid, "SIGKILL")
    case "SIGSEGV":
      return void process.getBuiltinModule("node:ffi").getInt8(1n)
    case "process.abort()":
      return process.abort()
    case "one huge array":
      return void Array.from({ length: 2 ** 27 }).fill(how)
    case "a defect":
    case "unclonable reply":
      return
  }
}

/** Bytes that have been moved away: `postMessage` throws at them. */
const unclonable = Effect.sync(() => {
  const bytes = Uint8Array.of(1)
  structuredClone(bytes, { transfer: [bytes.buffer] })
  return bytes
})

const defect = Effect.die(new RangeError("a bug"))

export const behavior = {
  Work: () => Effect.sleep(1500),
  Quick: () => Effect.void,
  Die: ({ how }: { readonly how: How }) =>
    Effect.sleep(100).pipe(
      Effect.andThen(Effect.sync(() => end(how))),
      Effect.andThen(how === "unclonable reply" ? unclonable : how === "a defect" ? defect : Effect.never)
    )
}
