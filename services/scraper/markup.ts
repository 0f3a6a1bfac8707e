/**
 * Feeds a document to the parser: what HTML and XML share. Beyond a depth nothing is read; a tree grows with it if one is
 * wanted.
 */
// Its parser alone: the package's index brings a DOM along.
import { WritableStream } from "htmlparser2/WritableStream"
import { deepest } from "./kept.ts"
import type { Tree } from "./tree.ts"

/** What is told of a document, as it arrives. */
export interface Listener {
  readonly opened: (name: string) => void
  readonly attribute: (name: string, value: string) => void
  readonly closed: (name: string) => void
  readonly text: (piece: string) => void
}

export interface Markup {
  readonly write: (piece: string) => void
  readonly end: () => void
  /** Whether elements were open too deep inside of each other, so that the rest was not read. */
  readonly isTooDeep: () => boolean
}

/** Begins to parse. */
export const make = (
  listener: Listener,
  options: { readonly xmlMode: boolean; readonly tree: Tree | undefined }
): Markup => {
  const { tree } = options
  let depth = 0
  let isTooDeep = false
  // Not `onopentag`: for that the parser would collect all attributes, and there may be a million.
  const parser = new WritableStream({
    onopentagname: (name) => {
      depth++
      tree?.open(name)
      listener.opened(name)
    },
    onattribute: (name, value) => {
      tree?.attribute(name, value)
      listener.attribute(name, value)
    },
    onclosetag: (name) => {
      depth--
      tree?.close()
      listener.closed(name)
    },
    ontext: (piece) => {
      tree?.text(piece)
      listener.text(piece)
    }
  }, { xmlMode: options.xmlMode })
  return {
    write: (piece) => {
      if (depth <= deepest) parser.write(piece)
      else isTooDeep = true
    },
    end: () => parser.end(),
    isTooDeep: () => isTooDeep
  }
}
