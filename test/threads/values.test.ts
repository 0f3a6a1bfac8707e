/** The same scenes with an actor on the asker's own thread and with one on another thread. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { System } from "heddle"
import config from "../fixtures/values/config.ts"
import { Asker, type scenes } from "../fixtures/values/Echo.ts"
import { quietly } from "./watching.ts"

const right: Record<typeof scenes[number], RegExp> = {
  "a patch": /^{ n: -0, name: undefined }; { at: 1970-01-01T00:00:00.005Z, n: -0, name: null }; { n: -0 }$/,
  "numbers": /^\[ NaN, -0, -Infinity, 4 \]$/,
  "maps": /^Set\(2\) { 1970-01-01T00:00:00.000Z, 1970-01-01T00:00:00.005Z }$/,
  "data": /^\[ undefined, -0, Map\(1\) { {} => Set\(1\) { 1n } }, Float32Array\(1\) \[ 1.5 \], \/a\/g \]$/,
  "bytes that move": /^Uint8Array\(3\) \[ 1, 2, 3 \], 0 left$/,
  "a small Buffer": /^Uint8Array\(2\) \[ 97, 98 \]$/,
  "a view": /^Uint8Array\(2\) \[ 2, 3 \], 3 left$/,
  "errors that look alike": /^Denied.*n: NaN.*; Refused.*n: -0/s,
  "elements": /^\[ { n: NaN, name: undefined }, { n: -0, name: null }, { at: .*, n: 5 } \], then Refused.*n: Infinity/s,
  "what is changed after it was sent": /00.001Z.*Uint8Array\(1\) \[ 1 \].*deep: \[ 1 \]/s,
  "many bytes that are changed after they were asked with": /^ 1970 01 01 00 00 00 001 8 20000( 1)+/,
  "what is changed by its receiver": /^{ map: Map\(1\).*, was { map: Map\(0\) {} }$/,
  "an answer with more than its schema": /^{ n: 1 }$/,
  "a wrong answer": /It\.Answer: the actor's reply does not match its schema \(Expected number.*\["n"\]/s,
  "an instance in an answer": /It\.Whatever: the actor's reply does not match.*instance of Person.*\["person"\]/s,
  "a payload with more than its schema": /^{ n: -0 }$/,
  "a wrong payload": /It\.Patch: the payload does not match its schema \(Expected number.*\["n"\]/s,
  "an instance in a payload":
    /It\.Whatever: the payload does not match.*instance of Person.*\["value"\]\[0\]\["who"\]/s,
  "an element with more than its schema": /^\[ { n: 1 }, { n: 1 } \]$/,
  "a wrong element": /It\.Stream: an element of the stream does not match its schema \(Expected number/,
  "bytes sent twice": /It\.Move: the payload .*moved away by another message/s
}

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })("values", (it) => {
  for (const [name, expected] of Object.entries(right)) {
    const scene = name as typeof scenes[number]
    it.effect(`D14, D15, D6: Values go the same way from another thread and from the same one (${scene}).`, () =>
      Effect.gen(function*() {
        const asker = yield* Asker
        const [near, far] = yield* Effect.all([asker.Play({ scene, whom: "near" }), asker.Play({ scene, whom: "far" })])
        assert.match(far, expected)
        assert.strictEqual(near, far)
      }))
  }
})
