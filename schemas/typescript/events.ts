// The data of every Copytaster event. Made by `make schemas` from schemas/json: edit the models, not this file.
// An absent value is left out, never null. Times are RFC 3339 in UTC. A newer writer may add optional fields and use
// values of an open vocabulary that you do not know yet: see ../redis-streams-binding.md.

/** The same passage in both texts; code points into the two bodies. */
export interface AlignedSpan {
  aBegin: number;
  aEnd: number;
  bBegin: number;
  bEnd: number;
  /** exact or fuzzy */
  kind: string;
}

/** ninjs `altIds`: roles `url` (final), `requested`, `canonical`, `guid`. */
export interface AltId {
  role: string;
  value: string;
}

/** A fetched article: where it came from, and where its bytes lie until the extractor has committed it. */
export interface ArticleFetched {
  /** urn of the article */
  article: string;
  /** fetch sequence of this article; a later one supersedes */
  sequence: number;
  item: FeedItem;
  requestedUrl: string;
  finalUrl: string;
  /** HTTP status of the page; 0 where no page was asked for */
  status: number;
  contentType?: string;
  /** a few response headers, lower-case names */
  headers?: Record<string, string>;
  fetched: string;
  /** Redis key of the page's bytes, without the desk's prefix */
  dataref: string;
  byteCount: number;
  /** hour (UTC, `2026-11-22T09`) in which this revision of the item was first seen and is counted; absent for a fetch that no item asked for */
  ledgerHour?: string;
  /** `feed`: the bytes are the text that the feed gives, for there is no page to be had; absent = the page */
  textFrom?: string;
  /** with text_from: why there is no page, a code of reasons.DROP_CODES */
  pageFailure?: string;
  /** true: a later look at a published page that no feed asked for */
  refetch?: boolean;
}

/** ninjs `associations`: a picture of the story with its caption and credit. */
export interface Association {
  name: string;
  type?: string;
  uri?: string;
  descriptionText?: string;
  creditLine?: string;
}

/** ninjs `bodies`: plain text, a line per paragraph, without title, lead and captions. */
export interface Body {
  role?: string;
  contentType?: string;
  charCount: number;
  wordCount: number;
  /** absent when the text lies behind dataref */
  value?: string;
}

/** A cluster after one change. */
export interface ClusterChanged {
  cluster: string;
  revision: number;
  /** open vocabulary, see reasons.OPS */
  op: string;
  /** open, closed or merged */
  state: string;
  mergedInto?: string;
  mergedFrom?: string[];
  splitFrom?: string;
  splitInto?: string[];
  reason: Reason;
  added?: string[];
  removed?: string[];
  members?: Member[];
  membersTruncated?: boolean;
  /** of the origin story, else of the earliest member */
  headline?: string;
  origin: Origin;
  counts: Counts;
  policy: string;
}

/** `independent` counts origins, not members: twelve reprints of one report are one source. */
export interface Counts {
  members: number;
  outlets: number;
  families: number;
  independent: number;
  languages: number;
}

/** One credit: which agency, in which role, on which evidence. */
export interface Credit {
  /** key of the agency list; absent for a bare address */
  agency?: string;
  /** open vocabulary, see reasons.ROLES */
  role: string;
  /** text, lead, title, caption, byline or dom */
  field: string;
  begin?: number;
  end?: number;
  /** the words or the address as printed */
  quote: string;
  rule: string;
  confidence: number;
}

/** An operator's decision about stories or clusters. */
export interface DecisionMade {
  decision: string;
  revision: number;
  /** pin, forbid, merge, split or undo */
  op: string;
  stories?: string[];
  /** of a split: the stories that the named ones leave */
  others?: string[];
  clusters?: string[];
  undoes?: string;
  reason: string;
  actor: string;
}

/** What a revision changed. Numbers and names are told while the version before is remembered (three days). */
export interface Delta {
  /** the version that this one is compared with */
  version: number;
  /** among headline, lead, body, credits */
  changed?: string[];
  /** digits with a point for decimals */
  numbersAdded?: string[];
  numbersRemoved?: string[];
  /** capitalised words, as printed */
  namesAdded?: string[];
  namesRemoved?: string[];
}

/** An entry that could not be processed: the entry whole, the error, and how to retry. */
export interface EntryDied {
  stream: string;
  group: string;
  entryId: string;
  /** the entry's fields; bytes that are not UTF-8 as base64 with prefix */
  fields: Record<string, string>;
  code: string;
  error: string;
  tracebackDigest?: string;
  failures: number;
}

/** Everything the decision rests on; scores are integers in thousandths, so that anyone can recompute them. */
export interface Evidence {
  scores?: Record<string, number>;
  /** what the measures that told most moved the score by, in thousandths of log odds */
  contributions?: Record<string, number>;
  spans?: AlignedSpan[];
  spansTruncated?: boolean;
  numbers?: Shared;
  names?: Shared;
  dates?: Shared;
  credits?: Credit[];
  vetoes?: string[];
}

/** What an operator should know of a feed; `change` is an open vocabulary (reasons.FEED_CHANGES). */
export interface FeedChanged {
  feed: string;
  revision: number;
  url: string;
  title?: string;
  change: string;
  detail?: string;
  failures?: number;
  nextPoll?: string;
}

/** What the feed said of the item, as parsed: never a whole feed, and no larger than 16 KiB of text a field. */
export interface FeedItem {
  /** urn of the feed */
  feed: string;
  feedUrl?: string;
  feedTitle?: string;
  /** the outlet as the feed list names it */
  outlet?: string;
  guid?: string;
  /** the item's link as the feed gives it, made absolute */
  url?: string;
  title?: string;
  summary?: string;
  /** full text in the feed, HTML */
  content?: string;
  /** true where the feed's text is longer than `content` */
  contentTruncated?: boolean;
  authors?: string[];
  categories?: string[];
  published?: string;
  /** `date` where the feed gave no time; absent = exact */
  publishedPrecision?: string;
  updated?: string;
  language?: string;
  firstSeen: string;
  /** hash of title, summary, content and updated */
  revisionHash: string;
}

/** A span of the body that recurs over the outlet's pages and proves nothing. */
export interface FurnitureSpan {
  begin: number;
  end: number;
  kind: string;
}

/** ninjs `headlines`: `main` is the title without the site's name. */
export interface Headline {
  role?: string;
  value: string;
}

/** ninjs `infoSources`: who provided the information, in which role. */
export interface InfoSource {
  name: string;
  role?: string;
  uri?: string;
  /** the words as printed */
  literal?: string;
}

/** An item that was left out on purpose; `code` is an open vocabulary (reasons.DROP_CODES). */
export interface ItemDropped {
  article: string;
  sequence: number;
  code: string;
  detail?: string;
  /** fetcher, extractor or deduplicator */
  stage: string;
  feed?: string;
  guid?: string;
  url?: string;
  title?: string;
  /** HTTP status, where there was one */
  status?: number;
  firstSeen?: string;
}

/** a is <relation> b. */
export interface Link {
  id: string;
  a: StoryVersion;
  b: StoryVersion;
  /** open vocabulary, see reasons.RELATIONS */
  relation: string;
  merges: boolean;
  /** that both report the same news point */
  confidence: number;
  /** a_from_b, b_from_a or none */
  direction: string;
  /** credit, containment, time, source_link */
  directionBasis?: string[];
  evidence: Evidence;
  policy: string;
}

/** ninjs `located`: the place of the dateline. */
export interface Located {
  name: string;
}

/** A story of the cluster; `family` groups the stories that derive from one text. */
export interface Member {
  story: string;
  version: number;
  outlet: string;
  language?: string;
  /** uri of the family's earliest member */
  family?: string;
  title?: string;
  url?: string;
}

/** Where the news comes from, as far as the evidence says. */
export interface Origin {
  /** the member that the others derive from */
  story?: string;
  /** the credited agency */
  agency?: string;
  /** whether the origin itself is among the members */
  seen: boolean;
  confidence: number;
  basis?: string[];
}

/** Who publishes: the outlet's site, the family it belongs to, the feed it came through. */
export interface Provider {
  /** the outlet's site, for example nordpost.example */
  outlet: string;
  name?: string;
  /** unit of independence; absent = the outlet itself */
  family?: string;
  feed?: string;
}

/** Why the cluster changed; `code` is an open vocabulary (compared, withdrawn, operator, closed). */
export interface Reason {
  code: string;
  story?: string;
  text?: string;
  actor?: string;
}

/** What two texts have in common, miss and contradict, of one kind (numbers, names, dates). */
export interface Shared {
  shared?: string[];
  onlyA?: string[];
  onlyB?: string[];
  conflicting?: string[];
}

/** A story version, complete and ready to use. */
export interface Story {
  uri: string;
  /** revision of this story; counts published, revised and withdrawn */
  version: number;
  type?: string;
  /** usable, withheld or canceled */
  pubStatus?: string;
  headlines?: Headline[];
  bodies?: Body[];
  /** where a body beyond 48 KiB lies */
  dataref?: string;
  lead?: string;
  captions?: string[];
  /** the byline as printed */
  by?: string;
  authors?: string[];
  located?: Located;
  /** BCP 47, by content */
  language?: string;
  /** when this version was recorded */
  versionCreated: string;
  /** when the first version was recorded */
  firstCreated: string;
  /** publication as the page or feed states it */
  contentCreated?: string;
  /** jsonld, meta, feed, visible or url */
  contentCreatedBasis?: string;
  /** second, minute or date */
  contentCreatedPrecision?: string;
  contentModified?: string;
  infoSources?: InfoSource[];
  altIds?: AltId[];
  subjects?: Subject[];
  associations?: Association[];
  usageTerms?: string;
  isAccessibleForFree?: boolean;
  /** full or teaser */
  bodyScope?: string;
  /** `feed`: the text is the feed's, for the page was not to be had; absent = the page's */
  textFrom?: string;
  correctionNote?: string;
  liveTicker?: boolean;
  credits?: Credit[];
  furniture?: FurnitureSpan[];
  provider: Provider;
  /** in story.revised: what changed since the version before */
  delta?: Delta;
  /** hash of the normalised text; decides published, revised, unchanged */
  textHash: string;
}

/** One story version was compared with its candidates. */
export interface StoryCompared {
  story: StoryVersion;
  revision: number;
  /** the 16 strongest */
  links?: Link[];
  linksTruncated?: boolean;
  /** how many stories were looked at */
  candidates: number;
  abstained?: number;
  unrelated?: number;
  /** true: the story was withdrawn, there is nothing to compare any more */
  withdrawn?: boolean;
  policy: string;
}

/** A story and the version that was compared. */
export interface StoryVersion {
  uri: string;
  version: number;
}

/** ninjs `subjects`: section and keywords as the page states them. */
export interface Subject {
  name: string;
  creator?: string;
}

/** Which data an event carries, by its `ce_type`. */
export interface EventData {
  "copytaster.article.fetched.v1": ArticleFetched;
  "copytaster.story.published.v1": Story;
  "copytaster.story.revised.v1": Story;
  "copytaster.story.withdrawn.v1": Story;
  "copytaster.story.compared.v1": StoryCompared;
  "copytaster.cluster.changed.v1": ClusterChanged;
  "copytaster.decision.made.v1": DecisionMade;
  "copytaster.feed.changed.v1": FeedChanged;
  "copytaster.item.dropped.v1": ItemDropped;
  "copytaster.entry.died.v1": EntryDied;
}

export type EventType = keyof EventData;

/** One event, told apart by its type. */
export type CopytasterEvent = { [T in EventType]: { type: T; data: EventData[T] } }[EventType];

export const EVENT_TYPES: readonly EventType[] = [
  "copytaster.article.fetched.v1",
  "copytaster.story.published.v1",
  "copytaster.story.revised.v1",
  "copytaster.story.withdrawn.v1",
  "copytaster.story.compared.v1",
  "copytaster.cluster.changed.v1",
  "copytaster.decision.made.v1",
  "copytaster.feed.changed.v1",
  "copytaster.item.dropped.v1",
  "copytaster.entry.died.v1",
];
