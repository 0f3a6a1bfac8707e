/** A start that ends because an actor, or a layer of a thread or of the system, can't be built. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { fails } from "./failing.ts"

const notReady = /actor First #1 is ready/

describe("actors that can't be built", () => {
  const last = (lines: ReadonlyArray<string>, text: string) => {
    const from = lines.findLastIndex((line) => line.startsWith("heddle: "))
    assert.include(lines.slice(from).join("\n"), text)
    assert.notMatch(lines.join("\n"), notReady)
  }
  it.live("F7: A layer that fails is named by the start.", () =>
    Effect.map(
      fails(["start", "faulty/unbuildable.js"], []),
      (lines) => last(lines, "thread \"one\" did not start: First could not be built: the database is not there")
    ))
  it.live("F7: A layer's module that does not exist is named by the start.", () =>
    Effect.map(
      fails(["start", "faulty/noModule.js"], ["noModule.js"]),
      (lines) => last(lines, "First could not be built: Cannot find module")
    ))
  it.live("F7: A layer's module that throws has nothing built, not even the actors before it.", () =>
    Effect.map(
      fails(["start", "faulty/moduleThrows.js"], ["throwing.js:1"]),
      (lines) => last(lines, "thread \"one\" did not start: Second could not be built: the config module has a bug")
    ))
  it.live("F7: A module whose default export is no layer is named by the start.", () =>
    Effect.map(
      fails(["start", "faulty/notALayer.js"], []),
      (lines) =>
        last(lines, "First could not be built: the default export of its module is not a layer made by First.toLayer")
    ))
  it.live("F24: A module for a thread whose default export is no layer is named by the start.", () =>
    Effect.map(
      fails(["start", "faulty/threadLayer.js"], []),
      (lines) =>
        last(
          lines,
          `the layer of thread "one": the default export of its module is not a layer: it has no default export`
        )
    ))
  it.live("F24: A module for the system that is not there is named by the start.", () =>
    Effect.map(
      fails(["start", "faulty/systemLayer.js"], []),
      (lines) => last(lines, `thread "main" did not start: it could not load the system's layer: Cannot find module`)
    ))
  it.live("F7: The layer of another actor is refused by the start.", () =>
    Effect.map(
      fails(["start", "faulty/wrongLayer.js"], []),
      (lines) =>
        last(lines, "First could not be built: the default export of its module is not a layer made by First.toLayer")
    ))
  it.live("F7: A layer that asks for an actor that no thread declares is named by the start.", () =>
    Effect.map(fails(["start", "faulty/needsNobody.js"], []), (lines) => last(lines, "Second")))
  it.live("F7: A layer with faulty options is named by the start.", () =>
    Effect.map(
      fails(["start", "faulty/layerOptions.js"], [
        "First.toLayer: concurrency: 0",
        "First.toLayer: mailbox.capacity: -1",
        "First.toLayer: mailbox.overflow: \"explode\""
      ]),
      (lines) => last(lines, "First could not be built")
    ))
})
