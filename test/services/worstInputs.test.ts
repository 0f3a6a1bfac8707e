/**
 * 14.1: nothing that a stranger sends holds a loop up for more than 50 ms. Each parser is fed its worst; what is measured
 * is the longest time that the loop was held up, in CPU time of this thread, so that a busy machine changes nothing.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as repertoire from "../../services/discord/repertoire.ts"
import * as frames from "../../services/discord/sandbox/frames.ts"
import { argumentsOf } from "../../services/discord/typedOptions.ts"
import * as Pace from "../../services/pace.ts"
import { canonical } from "../../services/scraper/canonicalUrl.ts"
import * as Charset from "../../services/scraper/charset.ts"
import * as Cookies from "../../services/scraper/cookies.ts"
import * as PageReader from "../../services/scraper/pageReader.ts"
import { redirectOf } from "../../services/scraper/redirects.ts"
import { refreshTo } from "../../services/scraper/refresh.ts"
import * as Retry from "../../services/scraper/retry.ts"
import * as RobotsTxt from "../../services/scraper/robotsTxt.ts"
import { cpuUsage, limitMillis, longestTurn, promised } from "./longestTurn.ts"

const once = (work: () => unknown) => Effect.sync(work)
/** A slash command of the sandbox, with two texts and a number. */
const typed = (text: string) =>
  once(() =>
    argumentsOf({
      name: "c",
      options: [{ type: 4, name: "n" }, { type: 3, name: "a" }, { type: 3, name: "b" }]
    }, text)
  )

const mebibytes = (text: string, count: number) => text.repeat(Math.ceil(count * 2 ** 20 / text.length))

const robots = (rules: string, path: string) =>
  Effect.flatMap(
    Pace.run(RobotsTxt.read(`User-agent: *\n${rules}`.slice(0, 512 * 1024), "heddle")),
    ({ decide }) => Pace.run(decide(path))
  )
const longPath = `/${"x".repeat(14_000)}`
const rules = (rule: (n: number) => string) => Array.from({ length: 40_000 }, (_, n) => rule(n)).join("\n")

/** A page as it comes from the network: in pieces of 64 KiB. */
const document = (kind: PageReader.Kind, text: string) =>
  Effect.gen(function*() {
    const reader = PageReader.make(kind, "http://a.example/")
    const decoder = Charset.streaming("text/html", kind === "sitemap" ? "xml" : kind)
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; at += 65_536) {
      yield* Pace.run(reader.writing(decoder.decode(bytes.subarray(at, at + 65_536))))
    }
    yield* Pace.run(reader.writing(decoder.end()))
    const content = yield* Pace.run(reader.ending())
    reader.refresh()
    return content
  })

const chinese = Array.from({ length: 6000 }, (_, n) => String.fromCharCode(0x4e00 + n)).join("")
const hosts = Array.from({ length: 800 }, (_, n) => `<a href="http://${chinese.slice(n, n + 600)}/">`).join("")
const header = (text: string) => text.repeat(Math.ceil(16_384 / text.length)).slice(0, 16_384)
const from = new URL("http://a.example/")

const cookies = (setCookie: string) =>
  Effect.gen(function*() {
    const jar = Cookies.make()
    yield* jar.take(setCookie, from)
    yield* Effect.yieldNow
    return jar.header(new URL(`http://a.example${"/x".repeat(4000)}`))
  })

const inputs: ReadonlyArray<readonly [parser: string, input: string, work: Effect.Effect<unknown>]> = [
  ["robots.txt", "28,000 times the same pattern", robots("Disallow: /*xxxxz\n".repeat(28_000), longPath)],
  ["robots.txt", "as many different patterns", robots(rules((n) => `Disallow: /*xx${n.toString(36)}z`), longPath)],
  ["robots.txt", "patterns that share a beginning", robots(rules((n) => `Allow: /*xxxxxxxxxxxx${n}$`), longPath)],
  ["robots.txt", "patterns of wildcards", robots(`Disallow: /${"x*".repeat(8000)}z$\n`.repeat(30), longPath)],
  ["robots.txt", "one pattern of half a megabyte", robots(`Disallow: /${"*x".repeat(300_000)}`, longPath)],
  ["robots.txt", "empty lines", robots("\n".repeat(600_000), longPath)],
  ["robots.txt", "names", robots("User-agent: a\n".repeat(50_000), longPath)],
  ["robots.txt", "groups", robots("User-agent:*\nAllow:/\n".repeat(30_000), longPath)],
  ["robots.txt", "white space without a colon", robots("a".repeat(9000) + " ".repeat(500_000), longPath)],
  ["robots.txt", "letters beyond ASCII", robots(`Disallow: /${"ä".repeat(300_000)}`, "/ä".repeat(4000))],
  ["robots.txt", "escapes", robots(`Disallow: /${"%61%2f".repeat(90_000)}`, "/%61".repeat(3500))],

  ["HTML", "elements that are never closed", document("html", mebibytes("<b>", 2))],
  ["HTML", "elements, then ends of others", document("html", `${"<b>".repeat(1000)}${mebibytes("</i>", 1)}`)],
  ["HTML", "paragraphs in lists in tables", document("html", mebibytes("<p><li><td><option>", 2))],
  ["HTML", "attributes", document("html", `<a ${mebibytes("a b=c ", 2)}>`)],
  ["HTML", "an attribute of ten megabytes", document("html", `<a href="${mebibytes("x", 10)}">`)],
  ["HTML", "the name of an element", document("html", `<${mebibytes("x", 10)}>`)],
  ["HTML", "the name of an attribute", document("html", `<a ${mebibytes("x", 10)}>`)],
  ["HTML", "a comment", document("html", `<!--${mebibytes("-- >", 3)}-->`)],
  ["HTML", "a declaration", document("html", `<!${mebibytes("x ", 3)}>`)],
  ["HTML", "an instruction", document("html", `<?${mebibytes("x ", 3)}?>`)],
  ["HTML", "a script", document("html", `<script>${mebibytes("</scrip", 3)}</script>`)],
  ["HTML", "a title", document("html", `<title>${mebibytes("&lt; ", 3)}</title>`)],
  ["HTML", "white space", document("html", mebibytes(" \n", 3))],
  ["HTML", "entities", document("html", mebibytes("&amp;&notanentity;&#x1F600;", 2))],
  ["HTML", "beginnings of entities", document("html", mebibytes("&", 3))],
  ["HTML", "100,000 links", document("html", Array.from({ length: 100_000 }, (_, n) => `<a href=/${n}>`).join(""))],
  ["HTML", "hosts in other alphabets", document("html", hosts)],
  ["HTML", "a base of megabytes", document("html", `<base href="${mebibytes("a/../", 3)}"><a href=x>`)],
  [
    "HTML",
    "a refresh of megabytes",
    document("html", `<meta http-equiv=refresh content="0;${mebibytes(" ", 3)}">`)
  ],
  ["XML", "CDATA of megabytes", document("xml", `<a><![CDATA[${mebibytes("x ]", 2)}]]></a>`)],
  ["XML", "a link of ten megabytes", document("xml", `<link>${mebibytes("x", 10)}</link>`)],
  [
    "XML",
    "50,000 addresses",
    document("xml", Array.from({ length: 50_000 }, (_, n) => `<loc>http://ä${n}.example/</loc>`).join(""))
  ],
  ["text", "one word of ten megabytes", document("text", mebibytes("x", 10))],

  [
    "charset",
    "beginnings of declarations",
    once(() => Charset.sniff(Buffer.from("<meta charset ".repeat(200)), "", true))
  ],
  ["charset", "a header of white space", once(() => Charset.sniff(Buffer.alloc(1445), header("charset "), true))],
  ["Content-Type", "parameters", once(() => PageReader.kindOf(header("application/x+")))],
  ["Location", "dots", once(() => redirectOf(302, header("../"), from))],
  [
    "Location",
    "a host in another alphabet",
    once(() => redirectOf(302, `http://${Buffer.from(chinese.slice(0, 5400)).toString("latin1")}`, from))
  ],
  ["Location", "users", once(() => redirectOf(302, `http://${header("a@")}`, from))],
  ["Location", "lines", once(() => redirectOf(302, header("\n"), from))],
  ["Retry-After", "digits", once(() => Retry.retryAfterMillis(header("9"), header("1 ("), 0))],
  ["Retry-After", "a date", once(() => Retry.retryAfterMillis(`Mon, ${header("1 (")}`, `Mon, ${header("1 (")}`, 0))],
  ["Set-Cookie", "many", cookies(Array.from({ length: 3000 }, (_, n) => `a${n}=b`).join("\n"))],
  ["Set-Cookie", "white space", cookies(`a=b${header(" ").slice(0, 4000)};`)],
  ["Set-Cookie", "attributes", cookies(header("a;").slice(0, 4096))],
  ["Set-Cookie", "a date", cookies(`a=b; Expires=${header("1:1 ").slice(0, 4000)}`)],
  ["Set-Cookie", "a domain of dots", cookies(`a=b; Domain=${header("a.").slice(0, 4000)}`)],
  ["refresh", "white space", once(() => refreshTo(`0${header(" ")};`, undefined, from.href))],
  ["addresses", "parameters", once(() => canonical(new URL(`http://a.example/?${"a&".repeat(4000)}`)))],
  ["addresses", "escapes", once(() => canonical(new URL(`http://a.example/${"%41".repeat(2700)}`)))],

  ["chat", "white space", once(() => repertoire.fromText(`/a${" ".repeat(100_000)}x${" ".repeat(100_000)}`))],
  ["chat", "words between white space", once(() => repertoire.fromText(`/a ${`${" ".repeat(1000)}x`.repeat(100)}`))],
  ["a slash command", "white space", typed(`${" ".repeat(100_000)}x${" ".repeat(100_000)}y`)],
  ["a slash command", "names of options", typed("a:b:n:".repeat(30_000))],
  ["a slash command", "digits", typed(`n:${"9".repeat(100_000)}`)],
  ["a frame of the gateway", "brackets", once(() => frames.parseFrame("[".repeat(2000) + "]".repeat(2000)))],
  ["a frame of the gateway", "a shard", once(() => frames.shardOf([0, 1e308]))],
  ["a token", "white space", once(() => frames.bareToken(`Bot${header(" ")}`))],
  ["chat", "letters", once(() => repertoire.fromText(`/${"a".repeat(1_000_000)}!`))]
]

const manyRules = rules((n) => `Disallow: /*xx${n.toString(36)}z`).slice(0, 20_000)

describe("14.1: the worst that strangers can send", () => {
  for (const [parser, input, work] of inputs) {
    it.live(`The worst input of ${parser} (${input}) is read in steps.`, () => promised(work))
  }

  it.live("Twenty of the worst inputs at the same time hold the loop up no longer than one.", () =>
    promised(
      Effect.forEach(Array.from({ length: 20 }), () => robots(manyRules, longPath), { concurrency: "unbounded" })
    ))

  it.live("This measurement notices work that is done at one go.", () =>
    Effect.map(
      longestTurn(once(() => {
        const began = cpuUsage()
        while (cpuUsage(began).user < 100_000);
      })),
      (longest) => assert.isAbove(longest, limitMillis)
    ))
})
