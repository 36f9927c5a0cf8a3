// Reading aloud by a voice that lives on this device: words of an exam are never sent away to be spoken.

const synth = globalThis.speechSynthesis;
const LONGEST = 200; // some voices stop in the middle of a longer piece

/** A voice of this device that reads English, or undefined. */
export function localVoice() {
  const voices = synth?.getVoices().filter((voice) => voice.localService && voice.lang.startsWith("en")) ?? [];
  return voices.find((voice) => voice.lang === "en-GB") ?? voices[0];
}

/** Text in pieces of whole sentences, none longer than a voice can hold where a blank allows it. */
export function inPieces(text) {
  const pieces = [];
  for (const sentence of text.replace(/\s+/g, " ").trim().match(/[^.!?]+[.!?]*\s*/g) ?? []) {
    const last = pieces.length - 1;
    if (last >= 0 && pieces[last].length + sentence.length <= LONGEST) pieces[last] += sentence;
    else pieces.push(sentence);
  }
  return pieces;
}

export function stopReading() {
  synth?.cancel();
}

/** Read `text` from its beginning, instead of whatever is being read. */
export function readAloud(text) {
  stopReading();
  const voice = localVoice();
  if (!voice) return;
  for (const piece of inPieces(text)) {
    const spoken = new SpeechSynthesisUtterance(piece);
    spoken.voice = voice;
    spoken.lang = voice.lang;
    synth.speak(spoken);
  }
}

/** Call `found(voice)` now and whenever the browser learns of voices. */
export function watchVoices(found) {
  if (!synth) return found(undefined);
  found(localVoice());
  synth.addEventListener?.("voiceschanged", () => found(localVoice()));
}
