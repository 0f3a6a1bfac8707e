/**
 * Programs that must not compile, and what the compiler says of them: it has to name the culprit.
 */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { readdirSync } from "node:fs"
import { fileURLToPath } from "node:url"

const fixtures = fileURLToPath(new URL("types-fixtures", import.meta.url))
const tsc = fileURLToPath(new URL("../node_modules/.bin/tsc", import.meta.url))

/** What the compiler says of each file, all files at once. */
const complaints = (): ReadonlyMap<string, string> => {
  const { error, stdout } = spawnSync(tsc, ["--noEmit", "--pretty", "false", "-p", fixtures], {
    cwd: fixtures,
    encoding: "utf8",
    timeout: 60_000
  })
  if (error !== undefined) throw error
  const said = new Map<string, string>()
  let file = ""
  for (const line of stdout.split("\n")) {
    // An error begins with its place; what explains it is indented below.
    file = /^(\S+)\.ts\(\d+,\d+\): error/.exec(line)?.[1] ?? file
    said.set(file, `${said.get(file) ?? ""}${line}\n`)
  }
  return said
}

/** Each wrong program and what the first line of the error has to say, where it can; some say more below. */
const wrong: Readonly<Record<string, ReadonlyArray<string>>> = {
  missingActor: [`"A layer asks for something that no thread declares": "Porter"`],
  missingService: [`"A layer asks for something that nothing provides": "app/Archive"`],
  runMissingActor: [`"A layer asks for something that no thread declares": "Porter"`],
  runWithoutActor: ["Type 'Greeter' is not assignable to type"],
  wrongLayer: [
    "(4,",
    "The default export of the module is a layer of Porter; write export default Greeter.toLayer(...)"
  ],
  wrongTwin: [
    "(17,",
    "The default export of the module is a layer of Porter; write export default Doorman.toLayer(...)"
  ],
  noLayer: ["The default export of the module is not a layer; write export default Greeter.toLayer(...)"],
  wrongField: ["'nam' does not exist", "readonly name: string"],
  wrongValue: ["Type 'string' is not assignable to type 'number'"],
  unknownMessage: ["'Goodbye' does not exist", `"Hello"`, `"Reset"`],
  discardedStream: ["'discard' does not exist", "'StreamOptions'"],
  payloadForVoid: ["hard: boolean", "'void'"],
  missingHandler: ["(5,", "Greeter has no handler for its message Reset"],
  missingHandlerInEffect: ["(6,", "Greeter has no handler for its message Ticks"],
  noHandlers: ["(3,", "Porter has no handler for its message Open"],
  wrongReply: ["Type 'number' is not assignable to type 'string"],
  undeclaredError: ["RangeError"],
  wrongOption: ["\"shrug\"", "\"escalate\" | \"quarantine\""],
  missingMiddleware: [`"A layer asks for something that nothing provides": "app/Auth"`],
  noDefault: ["The module has no default export; write export default Greeter.toLayer(...)"],
  extraHandler: ["(6,", "Porter has no message Close"],
  extraHandlerInEffect: ["(8,", "Porter has no message Close"],
  promiseHandler: [
    "Type '() => Promise<string>' is not assignable",
    "Type 'Promise<string>' is not assignable to type 'WrapperOr<Effect<string"
  ],
  wrongSelf: [
    "The class of Doorman has another class as its type: write Actor.Service<Doorman>, not Actor.Service<Porter>"
  ],
  optionTypo: ["'concurency' does not exist in type 'Options'. Did you mean to write 'concurrency'?"],
  oldHealth: ["Property 'check' is missing in type 'Effect", "required in type 'Health'"],
  threadLayerNoDefault: ["(6,", "is not assignable to type '() => Promise<{ readonly default: Layer<"],
  threadLayerNoLayer: ["(7,", "is not assignable to type '() => Promise<{ readonly default: Layer<"],
  threadLayerNeeds: [`"A layer asks for something that nothing provides": "app/User"`],
  systemLayerNeeds: ["(10,", "User"],
  missingClientPart: [`"A layer asks for something that nothing provides": "the client's part of app/Signed"`],
  missingClientPartOnMain: ["ForClient<Signed>"],
  notProvided: ["Type 'Greeter' is not assignable to type 'never'"],
  keyedWrongKey: ["(4,", "'number' is not assignable to parameter of type 'string'"],
  keyedWithoutKey: ["Property 'Say' does not exist on type 'KeyedClient<"],
  keyedMissingHandler: ["Room has no handler for its message Ticks"],
  keyedMissingHandlerInEffect: ["Room has no handler for its message Ticks"],
  keyedExtraHandler: ["Seat has no message Stand"],
  keyedWrongReply: ["Type 'string' is not assignable to type 'number"],
  keyedAsyncBuild: ["'Promise<{ Sit: () => Effect<void, never, never>; }>' is not assignable to type 'Effect<"],
  keyedNoBuild: ["'Sit' does not exist in type '(key: "],
  keyedOptionTypo: ["'idel' does not exist in type 'KeyedOptions'"],
  keyedMissingActor: [`"A layer asks for something that no thread declares": "Porter"`],
  keyedWrongLayer: ["is a layer of Seat; write export default Room.toLayer(...)"],
  keyedWrongSelf: ["The class of Hall has another class as its type: write Actor.Keyed<Hall>, not Actor.Keyed<Porter>"],
  keyedNoKeySchema: ["Expected 3 arguments, but got 2"],
  keyedKeyNeedsService: ["Types of property '\"DecodingServices\"' are incompatible", "Type 'Archive'"]
}

/** What the compiler itself says of these is in a later line. */
const below: ReadonlySet<string> = new Set([
  "wrongReply",
  "promiseHandler",
  "notProvided",
  "runWithoutActor",
  "undeclaredError",
  "unknownMessage",
  "keyedWrongReply",
  "keyedKeyNeedsService"
])

describe("the compiler checks the topology", () => {
  const said = complaints()

  it("The compiler accepts the programs that are right.", () => {
    assert.isUndefined(said.get("right"))
    assert.isUndefined(said.get("actors"))
  })

  it("Every program next to this test is one of them.", () => {
    const files = readdirSync(fixtures).filter((file) => file.endsWith(".ts")).map((file) => file.slice(0, -3))
    assert.sameMembers(files, ["actors", "right", ...Object.keys(wrong)])
  })

  for (const [file, parts] of Object.entries(wrong)) {
    it(`The compiler refuses ${file}, once, and names the culprit.`, () => {
      const complaint = said.get(file) ?? "compiled"
      assert.strictEqual(complaint.split(": error ").length, 2, complaint)
      const [first = ""] = complaint.split("\n")
      for (const part of parts) assert.include(below.has(file) ? complaint : first, part)
    })
  }
})
