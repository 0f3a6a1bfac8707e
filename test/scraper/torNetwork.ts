/**
 * A private Tor network on loopback: three authorities, three exits, and a client that also serves an onion.
 *
 * Debian's package `tor`. It is up in about 30 seconds and takes 400 MB; nothing leaves this machine.
 */
import * as Effect from "effect/Effect"
import { execFileSync, type ExecFileSyncOptionsWithStringEncoding, spawn } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { deadPort } from "./site.ts"

const tor = "/usr/sbin/tor"
const gencert = "/usr/bin/tor-gencert"

export const isInstalled = existsSync(tor) && existsSync(gencert)

/** Settings of every node. Source: tor's manual, TESTING NETWORK OPTIONS. */
const common = `
TestingTorNetwork 1
AssumeReachable 1
Address 127.0.0.1
ShutdownWaitLength 0
PathsNeededToBuildCircuits 0.25
TestingDirAuthVoteExit *
TestingDirAuthVoteHSDir *
TestingDirAuthVoteGuard *
TestingMinExitFlagThreshold 0
TestingV3AuthInitialVotingInterval 20
TestingV3AuthInitialVoteDelay 4
TestingV3AuthInitialDistDelay 4
V3AuthVotingInterval 20
V3AuthVoteDelay 4
V3AuthDistDelay 4
V3AuthNIntervalsValid 3
ServerDNSDetectHijacking 0
ExitPolicyRejectPrivate 0
ClientRejectInternalAddresses 0
`

interface Node {
  readonly name: string
  readonly folder: string
  readonly orPort: number
  readonly dirPort: number
}

const node = (root: string, name: string) =>
  Effect.gen(function*() {
    const folder = join(root, name)
    mkdirSync(join(folder, "keys"), { recursive: true, mode: 0o700 })
    return { name, folder, orPort: yield* deadPort, dirPort: yield* deadPort } satisfies Node
  })

/** Makes an authority's keys; gives the line by which all others know it. */
const authorize = ({ dirPort, folder, name, orPort }: Node): string => {
  const quiet: ExecFileSyncOptionsWithStringEncoding = {
    stdio: ["pipe", "pipe", "ignore"],
    encoding: "utf8",
    timeout: 20_000
  }
  execFileSync(
    gencert,
    ["--create-identity-key", "--passphrase-fd", "0", "-m", "12", "-a", `127.0.0.1:${dirPort}`],
    { ...quiet, cwd: join(folder, "keys"), input: "secret\n" }
  )
  const certificate = readFileSync(join(folder, "keys/authority_certificate"), "utf8")
  const identity = /^fingerprint (\w+)$/m.exec(certificate)?.[1] ?? ""
  const nobody = "x 127.0.0.1:1 ffffffffffffffffffffffffffffffffffffffff"
  const said = execFileSync(
    tor,
    [
      ["-f", "/dev/null", "--ignore-missing-torrc", "--list-fingerprint", "--Nickname", name, "--ORPort", "1"],
      ["--DirAuthority", nobody, "--DataDirectory", folder]
    ].flat(),
    quiet
  )
  const fingerprint = /^\w+ ((?:[0-9A-F]{4} ?){10})$/m.exec(said)?.[1]?.replaceAll(" ", "") ?? ""
  return `DirAuthority ${name} orport=${orPort} no-v2 v3ident=${identity} 127.0.0.1:${dirPort} ${fingerprint}`
}

const run = (node: Node, torrc: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const file = join(node.folder, "torrc")
      writeFileSync(
        file,
        `${common}\nNickname ${node.name}\nDataDirectory ${node.folder}\nLog notice file ${node.folder}/log\n${torrc}`
      )
      return spawn(tor, ["-f", file], { stdio: "ignore" })
    }),
    (child) =>
      Effect.callback<void>((resume) => {
        if (child.exitCode !== null) return resume(Effect.void)
        child.once("exit", () => resume(Effect.void))
        child.kill("SIGKILL")
      })
  )

/** Waits for a text in a file; the failure shows the file. */
const appears = (file: string, text: RegExp, seconds: number) =>
  Effect.gen(function*() {
    const read = () => existsSync(file) ? readFileSync(file, "utf8") : ""
    for (const end = Date.now() + seconds * 1000; Date.now() < end; yield* Effect.sleep("200 millis")) {
      const found = text.exec(read())
      if (found !== null) return found[0].trim()
    }
    return yield* Effect.die(new Error(`no ${text} in ${file}:\n${read()}`))
  })

/**
 * Starts the network; the onion leads to `port` of 127.0.0.1. `programs` is a folder with a program `tor` that is Debian's with
 * this network as its own.
 */
export const start = Effect.fnUntraced(function*(port: number) {
  const root = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "heddle-tor-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  const authorities = yield* Effect.forEach(["auth1", "auth2", "auth3"], (name) => node(root, name))
  const directory = authorities.map(authorize).join("\n")
  for (const { dirPort, orPort, ...rest } of authorities) {
    yield* run(
      { dirPort, orPort, ...rest },
      [
        directory,
        `ORPort 127.0.0.1:${orPort}`,
        `DirPort 127.0.0.1:${dirPort}`,
        "SocksPort 0",
        "AuthoritativeDirectory 1",
        "V3AuthoritativeDirectory 1",
        "ContactInfo nobody@localhost",
        "ExitPolicy reject *:*"
      ].join("\n")
    )
  }
  for (const name of ["exit1", "exit2", "exit3"]) {
    const exit = yield* node(root, name)
    yield* run(
      exit,
      [directory, `ORPort 127.0.0.1:${exit.orPort}`, "SocksPort 0", "ExitRelay 1", "ExitPolicy accept *:*"].join("\n")
    )
  }
  const client = yield* node(root, "client")
  const socksPort = yield* deadPort
  yield* run(
    client,
    [
      directory,
      `SocksPort 127.0.0.1:${socksPort} ExtendedErrors`,
      `HiddenServiceDir ${client.folder}/onion`,
      `HiddenServicePort 80 127.0.0.1:${port}`
    ].join("\n")
  )
  yield* appears(join(client.folder, "log"), /Bootstrapped 100%/, 120)
  const onion = yield* appears(join(client.folder, "onion/hostname"), /\S+\.onion/, 10)
  const programs = join(root, "bin")
  mkdirSync(programs)
  writeFileSync(join(root, "torrc"), `${common}\n${directory}\n`)
  writeFileSync(join(programs, "tor"), `#!/bin/sh\nexec ${tor} -f ${join(root, "torrc")} "$@"\n`, { mode: 0o755 })
  return { socks: `127.0.0.1:${socksPort}`, onion, programs }
})
