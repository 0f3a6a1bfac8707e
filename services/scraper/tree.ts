/**
 * Builds the tree of a document that selectors are applied to, up to a size.
 *
 * By hand and not by `DomHandler`: a tag may have a million attributes, a page a million elements.
 */
import { type ChildNode, Document, Element, type ParentNode, Text } from "domhandler"

/** Elements and texts of one tree; attributes of one element; characters of an attribute, and of all texts. */
const most = { nodes: 50_000, attributes: 100, attribute: 10_000, text: 5_000_000 } as const

/** A tree that grows while the document arrives. */
export interface Tree {
  readonly open: (name: string) => void
  readonly attribute: (name: string, value: string) => void
  readonly close: () => void
  readonly text: (piece: string) => void
  readonly root: Document
  /** Whether there was more. */
  readonly isCut: () => boolean
}

export const make = (): Tree => {
  const root = new Document([])
  let at: ParentNode = root
  let attributes = 0
  let nodes = 0
  let characters = 0
  let more = false
  // Elements open inside of the last one that is kept.
  let beyond = 0

  const add = (node: ChildNode): void => {
    nodes++
    node.parent = at
    const previous = at.children.at(-1)
    if (previous !== undefined) {
      previous.next = node
      node.prev = previous
    }
    at.children.push(node)
  }

  return {
    root,
    isCut: () => more,
    open: (name) => {
      if (beyond > 0 || nodes >= most.nodes) {
        more = true
        beyond++
        return
      }
      // No prototype: an attribute may be called "constructor".
      const element = new Element(name, Object.create(null))
      add(element)
      attributes = 0
      at = element
    },
    attribute: (name, value) => {
      if (beyond > 0 || !(at instanceof Element) || name in at.attribs) return
      if (attributes++ >= most.attributes || value.length > most.attribute) more = true
      else at.attribs[name] = value
    },
    close: () => {
      if (beyond > 0) beyond--
      else at = at.parent ?? root
    },
    text: (piece) => {
      const last = at.children.at(-1)
      if (beyond > 0 || characters + piece.length > most.text || (nodes >= most.nodes && !(last instanceof Text))) {
        more = true
        return
      }
      characters += piece.length
      if (last instanceof Text) last.data += piece
      else add(new Text(piece))
    }
  }
}
