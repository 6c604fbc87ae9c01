import { untrack } from 'svelte';

/** What has just happened, in words, for the page's one live region. */
class Announcer {
  said = $state('');

  say(words: string): void {
    // A live region speaks when its text changes: the same words twice need a difference.
    this.said = untrack(() => this.said) === words ? `${words}\u00a0` : words;
  }
}

export const announcer = new Announcer();
