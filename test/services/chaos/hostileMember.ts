/**
 * A member of the chat who wishes the bot ill: floods, giant and odd texts, mentions, crafted options of commands, many
 * names, and addresses that the scraper must not fetch. It changes and deletes what it wrote while the bot answers, presses
 * buttons that are not there, joins and leaves.
 */
import type * as Effect from "effect/Effect"
import type { DiscordSandbox } from "../../../services/discord/DiscordSandbox.ts"

/** Texts that were made to break something; `site` is a hostile site. */
export const hostileTexts = (site: string): ReadonlyArray<string> => {
  const unicode = "\u202Eevil\u2066\u0000\uFEFF\u{1F468}\u200D\u{1F469}\u200D\u{1F467}" + "a\u0301\u0489".repeat(300) +
    "\uD800"
  const texts = [
    "",
    " ",
    "/",
    "!",
    "//",
    "/ ping",
    "x".repeat(2000),
    "x".repeat(100_000),
    "\n".repeat(2000),
    "@everyone @here " + "<@1> <@!2> <#3> <@&4> ".repeat(60),
    "<@1".repeat(600),
    "```".repeat(600),
    "[a](http://b)".repeat(150),
    unicode,
    `/${"a".repeat(1999)}`,
    "/__proto__ constructor:toString",
    "/constructor",
    "/ping " + "x:".repeat(500),
    "/help __proto__:x",
    "/health url:../../etc/passwd",
    "/scrape",
    "/scrape url:",
    "/scrape url:url:url:",
    "/crawl url:",
    `!scrape ${unicode}`,
    "!PING",
    "!help\u0000",
    "/toString {}"
  ]
  const addresses = [
    "file:///etc/passwd",
    "data:text/html,<title>x</title>",
    "javascript:alert(1)",
    "ftp://127.0.0.1/",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "http://169.254.169.254/latest/meta-data/",
    "http://metadata.google.internal/",
    "http://[fd00:ec2::254]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://10.0.0.1/",
    "http://192.168.0.1/",
    "http://0/",
    "http://2130706433:1/",
    "http://0x7f000001:1/",
    "http://127.1:1/",
    "http://user:password@127.0.0.1:1/",
    "http://127.0.0.1:22/",
    "http://localhost:1/",
    "http://[::1]:1/",
    "http://a.invalid/",
    "http://\u2460\u2461\u2466.0.0.1/",
    `http://${"a.".repeat(120)}invalid/`,
    `http://127.0.0.1:1/${"%".repeat(1500)}`,
    `http://127.0.0.1:1/?${"a=b&".repeat(450)}`,
    "http://",
    "http:",
    "://",
    `${site}${"../".repeat(400)}`,
    `${site}#${"x".repeat(1500)}`
  ]
  return [...texts, ...addresses.map((url) => `/scrape url:${url}`), ...addresses.map((url) => `/crawl url:${url}`)]
}

/** Names under which it comes; each is a new member. */
export const nameOf = (n: number): string =>
  ["__proto__", "constructor", "", "\u202Exob", "x".repeat(5000), "@everyone"][n % 50] ?? `raider ${n}`

/** What it does right after it wrote the `n`-th text, and what that is called. */
export const deedsOf = (
  sandbox: DiscordSandbox["Service"],
  { author, messageId, n, texts }: {
    readonly author: string
    readonly messageId: string
    readonly n: number
    readonly texts: ReadonlyArray<string>
  }
): readonly [name: string, deed: Effect.Effect<void, unknown>] => {
  const other = texts[(n * 7 + 3) % texts.length] ?? ""
  switch (n % 9) {
    case 0:
      return ["edit", sandbox.Edit({ author, messageId, content: other })]
    case 1:
      return ["delete", sandbox.Delete({ author, messageId })]
    case 2:
      return ["leave", sandbox.Leave({ author })]
    case 3:
      return ["edit another's", sandbox.Edit({ author: nameOf(n - 1), messageId, content: other })]
    case 4:
      return ["delete another's", sandbox.Delete({ author: "honest", messageId })]
    case 5:
      return ["press", sandbox.Press({ author, messageId, customId: "__proto__", values: [other, "constructor"] })]
    case 6:
      return ["react", sandbox.React({ author, messageId, emoji: n % 2 === 0 ? "\u{1F480}" : other })]
    case 7:
      return ["delete what is not there", sandbox.Delete({ author, messageId: "9".repeat(2000) })]
    default:
      return ["the owner leaves", sandbox.Leave({ author: "owner" })]
  }
}
