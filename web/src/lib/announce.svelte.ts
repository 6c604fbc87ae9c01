import { untrack } from 'svelte';

/** What has just happened, in words, for the page's live region and that of a dialog over it. */
class Announcer {
  said = $state('');

  say(words: string): void {
    // A live region speaks when its text changes: the same words twice need a difference.
    this.said = untrack(() => this.said) === words ? `${words}\u00a0` : words;
  }
}

export const announcer = new Announcer();
