/**
 * Which files of those that were named have another content than before.
 *
 * Folders are watched, because editors write a new file and rename it. A file that is gone has not changed: it comes back when
 * the editor is done, and nobody could import it meanwhile.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { createHash } from "node:crypto"
import { type FSWatcher, readFileSync, watch } from "node:fs"
import { dirname } from "node:path"
import { pathToFileURL } from "node:url"
import { wasEdited } from "../../base/loadModule.ts"

/** What is written at about the same time is one change. */
const togetherMillis = 100

/** Files that are watched. */
export interface Watched {
  /**
   * Watches further files. Their loading began at `loadedAtMillis` (epoch): one that was written since counts as changed, because it may
   * have been loaded before.
   */
  readonly add: (files: ReadonlyArray<string>, loadedAtMillis?: number) => void
  /** Waits until files have changed since the last call, and says which. */
  readonly changed: Effect.Effect<ReadonlySet<string>>
  /** Says nothing of what has changed until now. */
  readonly skip: () => void
}

const digestOf = (file: string): string | undefined => {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("base64")
  } catch {
    return undefined
  }
}

/** Watches no file at first, for as long as the scope lives. `onProblem` is told of folders that can't be watched. */
export const make = (onProblem: (problem: string) => void): Effect.Effect<Watched, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new Watching(onProblem)),
      (watching) => Effect.sync(() => watching.close())
    ),
    (watching) => ({
      add: (files, loadedAtMillis = Infinity) => files.forEach((file) => watching.add(file, loadedAtMillis)),
      changed: Effect.callback((resume) => watching.take((changed) => resume(Effect.succeed(changed)))),
      skip: () => watching.skip()
    })
  )

class Watching {
  private readonly onProblem: (problem: string) => void
  private readonly digests = new Map<string, string | undefined>()
  private readonly folders = new Map<string, FSWatcher>()
  private changed = new Set<string>()
  private timer: NodeJS.Timeout | undefined
  private onChange: ((changed: ReadonlySet<string>) => void) | undefined

  constructor(onProblem: (problem: string) => void) {
    this.onProblem = onProblem
  }

  add(file: string, loadedAtMillis: number): void {
    if (this.digests.has(file)) return
    this.digests.set(file, digestOf(file))
    if (wasEdited(pathToFileURL(file).href, loadedAtMillis)) {
      this.changed.add(file)
      this.lookSoon()
    }
    const folder = dirname(file)
    if (this.folders.has(folder)) return
    try {
      const watcher = watch(folder, () => this.lookSoon())
      watcher.on("error", () => this.drop(folder, watcher))
      this.folders.set(folder, watcher)
    } catch (error) {
      this.onProblem(`${folder} can't be watched: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  take(onChange: (changed: ReadonlySet<string>) => void): void {
    this.onChange = onChange
    this.tell()
  }

  skip(): void {
    this.changed = new Set()
  }

  close(): void {
    clearTimeout(this.timer)
    for (const watcher of this.folders.values()) watcher.close()
  }

  /** The folder is gone: it is watched again with the next file of it. */
  private drop(folder: string, watcher: FSWatcher): void {
    watcher.close()
    this.folders.delete(folder)
    for (const file of this.digests.keys()) if (dirname(file) === folder) this.digests.delete(file)
  }

  private lookSoon(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      for (const [file, before] of this.digests) {
        const now = digestOf(file)
        if (now === undefined || now === before) continue
        this.digests.set(file, now)
        this.changed.add(file)
      }
      this.tell()
    }, togetherMillis)
  }

  private tell(): void {
    const { changed, onChange } = this
    if (onChange === undefined || changed.size === 0) return
    this.changed = new Set()
    this.onChange = undefined
    onChange(changed)
  }
}
