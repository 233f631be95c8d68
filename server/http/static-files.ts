import { once } from 'node:events';
import { existsSync, ReadStream, readdirSync, readFileSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { send } from '@fastify/send';
import Negotiator from 'negotiator';

/** Encodings that files are compressed in when they are built, the best first, and how their names end. */
const ENCODINGS = { br: '.br', gzip: '.gz' } as const;
type Encoding = keyof typeof ENCODINGS;

/** The name of a build is in the file `current` beside the folders of the builds. */
const CURRENT = 'current';
const ASSETS = '/assets/';
const YEAR_MS = 365 * 24 * 3_600_000;
const HOUR_MS = 3_600_000;

type File = Readonly<{ folder: string; encodings: readonly Encoding[] }>;

/**
 * The files of the web client. Each build has a folder of its own, so that a server goes on answering with the build that it
 * was started with while the next one is made. Assets carry their hash in their names: those of the other builds that are
 * there are answered too, for pages that were loaded from another server before or after a deployment.
 */
export class StaticFiles {
  readonly #root: string;
  readonly #files: Map<string, File>;
  #assets = new Map<string, File>();
  #assetsReadAt = 0;

  /** `root`: the folder of all builds. Where nothing is built, there are no files. */
  constructor(root: string) {
    this.#root = root;
    const current = join(root, CURRENT);
    this.#files = existsSync(current) ? filesIn(join(root, readFileSync(current, 'utf8').trim())) : new Map();
  }

  /** Reads a text file of the build; undefined where there is none. */
  read(path: string): string | undefined {
    const file = this.#files.get(path);
    return file && readFileSync(join(file.folder, path), 'utf8');
  }

  has(path: string): boolean {
    return this.#find(path) !== undefined;
  }

  /**
   * Answers a GET or HEAD with a file: whole or a range, compressed as the client takes it, or 304, 412 or 416 by its
   * conditions. Throws when the file cannot be read, with nothing answered yet.
   */
  async answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const file = this.#find(path)!;
    const encoding = request.headers.range === undefined ? encodingFor(request, file) : undefined;
    const isAsset = path.startsWith(ASSETS);
    const isPage = path.endsWith('.html');
    const sent = await send(request, path + (encoding ? ENCODINGS[encoding] : ''), {
      root: file.folder,
      index: false,
      contentType: false,
      cacheControl: !isPage,
      maxAge: isAsset ? YEAR_MS : HOUR_MS,
      immutable: isAsset,
    });
    if (sent.type === 'error' && sent.statusCode >= 500) throw sent.metadata.error;
    if (sent.type === 'file') {
      // Of the answers to HEAD and to conditions, the stream is empty and no file.
      if (sent.stream instanceof ReadStream) await once(sent.stream, 'open');
      response.setHeader('content-type', typeOf(path));
      if (encoding) response.setHeader('content-encoding', encoding);
    }
    if (isPage) response.setHeader('cache-control', 'no-cache');
    if (file.encodings.length > 0) response.setHeader('vary', 'accept-encoding');
    response.writeHead(sent.statusCode, sent.headers);
    await pipeline(sent.stream, response).catch(() => response.destroy());
  }

  #find(path: string): File | undefined {
    return this.#files.get(path) ?? (path.startsWith(ASSETS) ? this.#findAsset(path) : undefined);
  }

  /** Looks among the assets of the other builds; again when builds have come or gone. */
  #findAsset(path: string): File | undefined {
    const changedAt = statSync(this.#root, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (changedAt !== this.#assetsReadAt) {
      this.#assetsReadAt = changedAt;
      this.#assets = new Map(buildsIn(this.#root).flatMap((folder) => [...filesIn(folder)]));
    }
    return this.#assets.get(path);
  }
}

const typeOf = (path: string) => {
  const type = send.mime.getType(path) ?? 'application/octet-stream';
  return send.isUtf8MimeType(type) ? `${type}; charset=utf-8` : type;
};

function encodingFor(request: IncomingMessage, { encodings }: File): Encoding | undefined {
  const accepted = new Negotiator(request).encodings([...encodings, 'identity']);
  return encodings.find((encoding) => accepted.includes(encoding));
}

const buildsIn = (root: string): string[] =>
  readdirSync(root, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [join(root, entry.name)] : []));

/** Finds the files of a build, by the paths at which they are asked for. */
function filesIn(folder: string): Map<string, File> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name).slice(folder.length)] : [],
  );
  const all = new Set(paths);
  const isCompressed = (path: string) => Object.values(ENCODINGS).some((end) => path.endsWith(end));
  const encodingsOf = (path: string) =>
    (Object.keys(ENCODINGS) as Encoding[]).filter((encoding) => all.has(path + ENCODINGS[encoding]));
  return new Map(
    paths.filter((path) => !isCompressed(path)).map((path) => [path, { folder, encodings: encodingsOf(path) }]),
  );
}
