import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { createLibrary } from "../../assets/editor/library.js";
import { DRUMS } from "../../assets/editor/notes.js";

const KIT = { name: "small", json: "kit.json", samples: "samples.flac" };
const INDEX = { name: "small", drums: Object.fromEntries(DRUMS.map((drum) => [drum, [{ velocity: 100, start: 0, length: 4 }]])) };
const own = { fetch: globalThis.fetch, warn: console.warn };
let fetched;
let reachable;

beforeEach(() => {
  [fetched, reachable] = [[], true];
  console.warn = () => {};
  globalThis.fetch = async (url) => {
    fetched.push(url);
    return { ok: reachable, status: 503, statusText: "away", json: async () => INDEX, arrayBuffer: async () => new ArrayBuffer(8) };
  };
  globalThis.OfflineAudioContext = class {
    decodeAudioData = async () => ({ getChannelData: () => new Float32Array(4) });
  };
  globalThis.AudioBuffer = class {
    copyToChannel() {}
  };
});

afterEach(() => {
  globalThis.fetch = own.fetch;
  console.warn = own.warn;
  delete globalThis.OfflineAudioContext;
  delete globalThis.AudioBuffer;
});

test("a kit that could not be loaded is loaded when it is asked for again, and only then", async () => {
  const loaded = [];
  const library = createLibrary({ onOriginal: () => {}, onKit: (kit) => loaded.push(kit.name), onStatus: () => {} });
  await library.retryKit();
  assert.deepEqual([fetched, library.status().kit], [[], "none"]);

  reachable = false;
  await library.loadKit(KIT);
  assert.equal(library.status().kit, "failed");
  assert.match(library.status().message, /cannot load the drum kit/);

  reachable = true;
  await library.retryKit();
  assert.deepEqual([loaded, library.status()], [["small"], { source: "none", kit: "ready", message: "" }]);

  const before = fetched.length;
  await library.retryKit();
  assert.equal(fetched.length, before);
});
