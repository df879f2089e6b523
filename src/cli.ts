import './cli/runtime-mode.ts';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { VERSION } from './api.ts';
import { demo, start } from './cli/demo.ts';
import { doctor } from './cli/doctor.ts';
import { embed } from './cli/embed.ts';
import { evaluate } from './cli/evaluate.ts';
import { index } from './cli/index-library.ts';
import { inspect } from './cli/inspect.ts';
import { listBackbones, verifyBackbones } from './cli/models.ts';
import { pullBackbones } from './cli/pull-backbones.ts';
import { type ScanArguments, scan } from './cli/scan.ts';
import { search } from './cli/search.ts';
import { serve } from './cli/serve.ts';
import { withSession } from './cli/session.ts';
import { copy } from './cli/store-copy.ts';
import { train } from './cli/train.ts';
import { LEVELS } from './evaluation/levels.ts';
import type { Split } from './library/library.ts';
import { UsageError } from './shared/errors.ts';

/** Exit codes: 0 done, 1 failed, 2 wrong usage or something that has to be made first. */
const FAILED = 1;
const USAGE = 2;

const program = new Command('control-mvr')
  .description(
    'Finds music for a video and video for music, with one dial between what goes together and what carries the same label.',
  )
  .version(VERSION)
  .exitOverride();

const json = new Option('--json', 'print one JSON document on stdout').default(false);
const bundle = new Option(
  '--bundle <id>',
  'id of a bundle, the start of one, or the path of its folder; by default the current one',
);

program
  .command('scan')
  .description('write FOLDER/library.csv from files and tags')
  .argument('<folder>')
  .option('--force', 'replace a library.csv that is there', false)
  .option(
    '--audioset <[split=]list>',
    'take what this list of AudioSet segments names, as that split; may be repeated',
    collectLists,
    [],
  )
  .option('--ontology <file>', 'AudioSet’s ontology.json, for the labels of --audioset')
  .action((folder, options) =>
    withSession((session) => scan(folder, options, session), { needsDataFolder: false }),
  );

program
  .command('inspect')
  .description('say what is in a library: counts, labels, durations, duplicates, what can’t be read')
  .argument('<library>', 'a folder with library.csv, or that file')
  .option('--label <column>', 'the column whose labels are counted', 'genres')
  .addOption(json)
  .action((library, options) => withSession((session) => inspect(library, options, session)));

program
  .command('train')
  .description('train heads on a library and make the bundle current')
  .argument('<library>', 'a folder with library.csv, or that file')
  .option('--out <folder>', 'write the bundle below this folder and leave the current one as it is')
  .option('--label <column>', 'the column to learn', 'genres')
  .option('--audio-backbone <id>', 'instead of the profile’s')
  .option('--vision-backbone <id>', 'instead of the profile’s')
  .option('--seed <number>', 'seeds weights and batches', toWholeNumber(0, 2 ** 32 - 1))
  .option('--options <file>', 'a JSON file with other settings than the defaults')
  .addOption(
    new Option('--grid <file>', 'compare the runs of this JSON file instead of making a bundle').conflicts([
      'options',
      'seed',
      'out',
    ]),
  )
  .addOption(new Option('--json', 'with --grid: print one JSON document on stdout').default(false))
  .action((library, options) => withSession((session) => train(library, options, session)));

program
  .command('evaluate')
  .description('measure a bundle on a library: both directions, α from 0 to 1')
  .argument('<library>')
  .addOption(bundle)
  .addOption(
    new Option('--split <name>', 'what to measure on').choices(['train', 'val', 'test']).default('test'),
  )
  .addOption(new Option('--level <name>', 'what asks and is ranked').choices([...LEVELS]).default('item'))
  .option(
    '--baselines',
    'beside it: chance, untrained heads, one loss alone, CCA and ridge regression',
    false,
  )
  .addOption(
    new Option('--compare <bundles...>', 'two bundles: where B differs from A, with paired intervals')
      .argParser(collectBundles)
      .conflicts(['bundle', 'baselines', 'level']),
  )
  .option('--report <folder>', 'write a page with charts, the charts as SVG and PNG, and the figures there')
  .option('--resample-by <column>', 'bootstrap over the values of this column instead of the sources')
  .addOption(json)
  .action((library, { compare, ...options }) =>
    withSession((session) => evaluate(library, { ...options, compare: toBundlePair(compare) }, session)),
  );

program
  .command('index')
  .description('make the store equal a library, under a bundle; servers swap to it')
  .argument('<library>')
  .addOption(bundle)
  .option('--shard <i/n>', 'only the items that fall to shard i of n', toShard, null)
  .option('--soundtracks', 'make the soundtracks of videos without a track of their own tracks', false)
  .option('--discard-edits', 'drop what users edited', false)
  .option('--restore', 'bring back what users removed', false)
  .action((library, options) => withSession((session) => index(library, options, session)));

program
  .command('serve')
  .description('serve the API over HTTP')
  .action(() => withSession(serve));

program
  .command('search')
  .description('find music or videos for a file or for words')
  .argument('[file]')
  .option('--text <words>', 'words in place of a file, where the bundle reads texts')
  .option('--alpha <number>', '0: what goes together; 1: what carries the same label', toAlpha)
  .option('--genre <genre>', 'one of these genres; may be repeated', collect, [])
  .option('--first <number>', 'how many hits', toWholeNumber(1, 1_000), 10)
  .addOption(
    new Option(
      '--target <kind>',
      'what to find; by default music where the file has pictures, and for words',
    ).choices(['music', 'video']),
  )
  .addOption(json)
  .action((file, options) => withSession((session) => search(file, options, session)));

program
  .command('embed')
  .description('print the features and vectors of each segment of a file')
  .argument('<file>')
  .option('--backbone <id>', 'only what this backbone makes of it')
  .addOption(json)
  .action((file, options) => withSession((session) => embed(file, options, session)));

const models = program.command('models').description('the backbones');
models
  .command('list')
  .description('every backbone that is built in, installed, or can be pulled')
  .addOption(json)
  .action((options) => withSession((session) => listBackbones(options, session)));
models
  .command('pull')
  .description('download backbones; by default those of PROFILE')
  .argument('[id...]')
  .option(
    '--from <repository>',
    'a repository that holds the backbone’s folder, OWNER/NAME or OWNER/NAME@REVISION',
  )
  .option('--yes', 'accept the licence without being asked', false)
  .option('--update', 'take other files than models-lock.json or the installed build has', false)
  .action((ids, options) => withSession((session) => pullBackbones(ids, options, session)));
models
  .command('verify')
  .description('check the files of every backbone, or of one, against its manifest and models-lock.json')
  .argument('[id]')
  .action((id) => withSession((session) => verifyBackbones(id, session)));

program
  .command('store')
  .description('where the library lives')
  .command('copy')
  .description('move the library from one store to another without reading media, and verify it')
  .addOption(storeOption('--from <store>', 'the store that holds the library'))
  .addOption(storeOption('--to <store>', 'the store that is to hold it'))
  .option('--force', 'replace another library, and edits that are not in the source', false)
  .addOption(json)
  .action((options) => withSession((session) => copy(options, session)));

program
  .command('doctor')
  .description('say what is here and what is missing')
  .addOption(json)
  .action((options) => withSession((session) => doctor(options, session), { needsDataFolder: false }));

program
  .command('demo')
  .description('make the demo: library, bundle and index')
  .action(() => withSession(demo));

program
  .command('start')
  .description('serve, after making the demo where there is nothing yet')
  .action(() => withSession(start));

/** A wrong call is answered with what is wrong and where the help is, in place of the whole help. */
function hintAtHelp(command: Command, path: string): void {
  command.showHelpAfterError(`See: ${path} --help`);
  for (const each of command.commands) hintAtHelp(each, `${path} ${each.name()}`);
}

function storeOption(flags: string, description: string): Option {
  return new Option(flags, description).choices(['embedded', 'qdrant']).makeOptionMandatory();
}

function toWholeNumber(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
  };
}

function toAlpha(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('It is a number from 0 to 1.');
}

function toShard(text: string): { index: number; count: number } {
  const [index, count] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).slice(1).map(Number);
  if (index >= 1 && index <= count) return { index, count };
  throw new InvalidArgumentError('It is i/n with i from 1 to n.');
}

/** The option takes whatever follows it, a library too. */
function collectBundles(name: string, previous: string[] = []): string[] {
  if (previous.length < 2) return [...previous, name];
  throw new InvalidArgumentError('The library goes before --compare: evaluate LIBRARY --compare A B');
}

function toBundlePair(named: string[] | undefined): [string, string] | undefined {
  if (named === undefined) return undefined;
  if (named.length !== 2) throw new UsageError(`--compare takes two bundles, not ${named.length}.`);
  return [named[0], named[1]];
}

function collectLists(text: string, previous: ScanArguments['audioset']): ScanArguments['audioset'] {
  const [, name, file = text] = /^(train|val|test)=(.+)$/.exec(text) ?? [];
  return [...previous, { file, split: (name as Split | undefined) ?? null }];
}

function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

hintAtHelp(program, 'bin/control-mvr');
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

/** Says what went wrong, once, and for our own errors without a stack. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
  const { name, message, stack } = error as Error;
  const isOurs =
    error instanceof UsageError ||
    /^(Media|Busy|Integrity|Device|UserInput|IncompleteIndex|SourceSwitched|Unavailable|Abort)Error$/.test(
      name,
    );
  console.error(isOurs ? message : stack);
  return error instanceof UsageError ? USAGE : FAILED;
}
