/**
 * The functions of the C library that sharing memory with another process takes, by `node:ffi`: Linux, Node 26 and later.
 */
import { isBuiltin } from "node:module"

const signatures = {
  memfd_create: { arguments: ["string", "uint32"], return: "int32" },
  ftruncate: { arguments: ["int32", "int64"], return: "int32" },
  fallocate: { arguments: ["int32", "int32", "int64", "int64"], return: "int32" },
  mmap: { arguments: ["uint64", "uint64", "int32", "int32", "int32", "int64"], return: "uint64" },
  socketpair: { arguments: ["int32", "int32", "int32", "uint64"], return: "int32" },
  prctl: { arguments: ["int32", "uint64", "uint64", "uint64", "uint64"], return: "int32" }
} as const

const firstNode = 26

/** Where this runs. */
export interface Platform {
  readonly platform: string
  /** The version of Node. */
  readonly node: string
  /** What this Node consists of includes node:ffi. */
  readonly hasFfi: boolean
  /** --permission does not forbid it. */
  readonly mayUseFfi: boolean
}

/** Why there are none of them on a platform; nothing if there are. */
export const problemOn = ({ hasFfi, mayUseFfi, node, platform }: Platform): string | undefined => {
  if (platform !== "linux") return `needs Linux, and this is ${platform}`
  if (Number.parseInt(node) < firstNode) return `needs Node ${firstNode} or later, and this is Node ${node}`
  if (!hasFfi) return "needs node:ffi, which this build of Node lacks"
  return mayUseFfi ? undefined : "needs node:ffi, which --permission forbids: add --allow-ffi"
}

/** Why there are none of them here; nothing if there are. */
export const problem = (): string | undefined =>
  problemOn({
    platform: process.platform,
    node: process.versions.node,
    hasFfi: isBuiltin("node:ffi"),
    mayUseFfi: process.permission?.has("ffi") !== false
  })

/** Nobody hears that node:ffi is experimental, which is heddle's concern and not the program's. */
const quietly = <A>(f: () => A): A => {
  const { emitWarning } = process
  process.emitWarning = (warning: string | Error, ...rest: ReadonlyArray<unknown>): void => {
    if (!String(warning).includes("FFI")) Reflect.apply(emitWarning, process, [warning, ...rest])
  }
  try {
    return f()
  } finally {
    process.emitWarning = emitWarning
  }
}

/** Loads the functions of the C library, where node:ffi is there. */
const load = () =>
  quietly(() => {
    const { dlopen, getInt8, getRawPointer } = process.getBuiltinModule("node:ffi")
    const { functions } = dlopen(null, signatures)
    return {
      functions,
      /** Where memory lies. */
      addressOf: (memory: SharedArrayBuffer): bigint => getRawPointer(new Uint8Array(memory)),
      /** Reads what lies at an address. */
      read: (address: bigint): number => getInt8(address)
    }
  })

let loaded: ReturnType<typeof load> | undefined

/** The functions. Throws where `problem` says something. */
export const libc = (): ReturnType<typeof load> => loaded ??= load()

/** From now on nobody gets the functions who may not load them. */
export const forget = (): void => {
  loaded = undefined
}

/** Gives the memory that this process has freed back to the system. Does nothing where there is no way to. */
export const trim = (): void => {
  if (problem() !== undefined) return
  try {
    const { functions } = quietly(() =>
      process.getBuiltinModule("node:ffi").dlopen(null, { malloc_trim: { arguments: ["uint64"], return: "int32" } })
    )
    functions.malloc_trim(0n)
  } catch {
    // A C library without that function, as musl is.
  }
}
