/**
 * Memory that a process and its children share: regions of one file without a name, whose descriptor the children inherit.
 *
 * A region is mapped over the pages of a `SharedArrayBuffer`, so it is one: threads share it as any other, and it is unmapped
 * when none of them holds it any more. The file is gone with the last descriptor and mapping, whatever the processes died of.
 *
 * ```text
 *   file      | region | region |   ...   each begins at a multiple of 64 KiB, and no place is given out twice;
 *                                         those for large values (bulk.ts) nobody maps
 *   retired   --- a minute later ---> its pages are given back to the system; who still reads them reads zeros
 * ```
 */
import { closeSync } from "node:fs"
import { performance } from "node:perf_hooks"
import { libc } from "./libc.ts"
import type { Allocate } from "./memory.ts"

/** Where memory lies in the file. */
export interface Region {
  readonly offset: number
  readonly bytes: number
}

/** A multiple of every page size. */
const alignment = 65_536
/** More than is ever used: the file has only the pages that are. */
const fileBytes = 2 ** 42
const closeOnExec = 1
const [readAndWrite, sharedAndFixed] = [3, 0x11]
const punchHoleAndKeepSize = 3
/** By then all threads have been told of a death, and have stopped reading what it left. */
const restMillis = 60_000

/** A buffer whose pages are replaced by those of the file. */
interface Place {
  readonly memory: SharedArrayBuffer
  readonly address: bigint
}

// A buffer that could grow lies on pages of its own, which V8 unmaps in the end.
const placeOf = (bytes: number, mostBytes = bytes): Place => {
  const memory = new SharedArrayBuffer(bytes, { maxByteLength: mostBytes })
  return { memory, address: libc().addressOf(memory) }
}

const mapAt = (mmap: Functions["mmap"], { address, memory }: Place, fd: number, { bytes, offset }: Region) => {
  if (mmap(address, BigInt(bytes), readAndWrite, sharedAndFixed, fd, BigInt(offset)) !== address) {
    throw new Error(`${bytes} bytes of shared memory can't be mapped`)
  }
  return memory
}

type Functions = ReturnType<typeof libc>["functions"]

/** Maps a region of a file. */
export type Map = (region: Region) => SharedArrayBuffer

/** Maps regions of the file of a descriptor. */
export const mapperOf = (fd: number): Map => (region) => mapAt(libc().functions.mmap, placeOf(region.bytes), fd, region)

/** More than a thread of a thousand actors has. */
const mostBytes = 4 * alignment

/**
 * Maps as many regions of the file as places are reserved now, also when this process may no longer use node:ffi. Takes address space
 * and no memory.
 */
export const reserve = (fd: number, places: number): Map => {
  const reserved = Array.from({ length: places }, () => placeOf(alignment, mostBytes))
  const { mmap } = libc().functions
  return (region) => {
    const place = region.bytes > mostBytes ? undefined : reserved.pop()
    if (place === undefined) {
      throw new Error(`a process without permissions can map memory ${places} times, and has done so`)
    }
    place.memory.grow(region.bytes)
    return mapAt(mmap, place, fd, region)
  }
}

/** Memory that child processes can map. */
export interface Segment {
  /** The descriptor to inherit. */
  readonly fd: number
  readonly allocate: Allocate
  /** Takes a part of the file that nobody maps. */
  readonly take: (bytes: number) => Region
  /** Where memory that was allocated here lies. Throws if it was not. */
  readonly regionOf: (memory: SharedArrayBuffer) => Region
  /** Nobody needs the content any more, as soon as all know of a death that is known here, and `isOver`. */
  readonly retire: (memory: SharedArrayBuffer, isOver?: () => boolean) => void
  /** The same for a part that nobody maps. */
  readonly retireRegion: (region: Region, isOver?: () => boolean) => void
  readonly close: () => void
}

/** Makes a segment; it has no memory yet. */
export const make = (): Segment => {
  const { functions } = libc()
  const fd = functions.memfd_create("heddle", closeOnExec)
  if (fd < 0) {
    throw new Error("processes can't share memory: the system refuses memfd_create (a sandbox, or too many open files)")
  }
  if (functions.ftruncate(fd, BigInt(fileBytes)) !== 0) {
    closeSync(fd)
    throw new Error(
      "processes can't share memory: the size of files is limited (ulimit -f), and theirs has to be large"
    )
  }
  const map = mapperOf(fd)
  const regions = new WeakMap<SharedArrayBuffer, Region>()
  let retired: Array<Region & { readonly atMillis: number; readonly isOver: () => boolean }> = []
  let end = 0

  const giveBack = (): void => {
    const before = performance.now() - restMillis
    const due = new Set(retired.filter(({ atMillis, isOver }) => atMillis <= before && isOver()))
    if (due.size === 0) return
    retired = retired.filter((region) => !due.has(region))
    for (const { bytes, offset } of due) functions.fallocate(fd, punchHoleAndKeepSize, BigInt(offset), BigInt(bytes))
  }

  const regionOf = (memory: SharedArrayBuffer): Region => {
    const region = regions.get(memory)
    if (region === undefined) throw new Error("this memory is not shared with other processes")
    return region
  }

  const take = (bytes: number): Region => {
    giveBack()
    const region = { offset: end, bytes: Math.ceil(bytes / alignment) * alignment }
    end += region.bytes
    return region
  }

  const retireRegion: Segment["retireRegion"] = (region, isOver = () => true) =>
    void retired.push({ ...region, atMillis: performance.now(), isOver })

  return {
    fd,
    allocate(bytes) {
      const region = take(bytes)
      const memory = map(region)
      regions.set(memory, region)
      return memory
    },
    take,
    regionOf,
    retire: (memory, isOver) => retireRegion(regionOf(memory), isOver),
    retireRegion,
    close: () => closeSync(fd)
  }
}
