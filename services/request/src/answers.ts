import {
  dayInJapan,
  groupRules,
  type Answer,
  type AskedType,
  type Category,
  type HolderDocument,
  type Labels,
  type Policy,
  type ProvisionDocument,
  type PurposeId,
} from '@keiro/schemas';

/* What Keiro can tell a person by itself, without a personal value: from the register, the records and the provisions. */

/** Records of the person that serve one purpose with one field group. */
export interface HeldGroup {
  readonly group: string;
  readonly purposes: readonly string[];
}

export interface Known {
  readonly categories: readonly Category[];
  readonly held: readonly HeldGroup[];
  readonly holders: readonly HolderDocument[];
  readonly provisions: readonly ProvisionDocument[];
  readonly policy: Policy;
}

type Sections = Answer['sections'];

/** Undefined for a type that somebody has to answer. Pure. */
export function sectionsOf(type: AskedType, known: Known): Sections | undefined {
  switch (type) {
    case 'provision-disclosure':
      return provisionSections(known);
    case 'overseas-measures':
      return overseasSections(known);
    case 'purpose-notice':
      return purposeSections(known);
    default:
      return undefined;
  }
}

/** APPI 33(5): the records of providing and of receiving; what needed no record is none. */
function provisionSections({ provisions, policy }: Known): Sections {
  const recorded = provisions.filter(({ record }) => record.kind !== 'none');
  const of = (direction: ProvisionDocument['direction']) =>
    recorded
      .filter((one) => one.direction === direction)
      .toSorted((a, b) => b.at.getTime() - a.at.getTime())
      .map((one) => provisionLine(one, policy));
  return [
    { heading: { ja: '第三者への提供', en: 'Provided to third parties' }, items: orNone(of('provided')) },
    { heading: { ja: '第三者からの受領', en: 'Received from third parties' }, items: orNone(of('received')) },
  ];
}

function provisionLine(one: ProvisionDocument, policy: Policy): Labels {
  const groups = one.groups.map((id) => groupRules(policy, id)?.label ?? same(id));
  const basis =
    one.basis === undefined ? undefined : (policy.rules.bases[one.basis]?.label ?? same(one.basis));
  const purpose = one.purpose === undefined ? undefined : purposeLabel(one.purpose, policy);
  const day = dayInJapan(one.at);
  const country = one.party.country === undefined ? '' : ` (${one.party.country})`;
  const in_ = (lang: 'ja' | 'en', separator: string) =>
    [
      day,
      `${one.party.name[lang]}${country}`,
      groups.map((label) => label[lang]).join(separator),
      ...[purpose, basis].flatMap((label) => (label === undefined ? [] : [label[lang]])),
    ].join(' | ');
  return { ja: in_('ja', '、'), en: in_('en', ', ') };
}

/** APPI 28(3): each recipient abroad that may hold something of the person, and what stands for the data's safety there. */
function overseasSections({ holders, categories }: Known): Sections {
  const abroad = holders.filter(
    (holder) =>
      holder.country !== 'JP' && holder.categories.some((one) => categories.includes(one as Category)),
  );
  const sections = abroad.map((holder) => ({
    heading: { ja: `${holder.name.ja}（${holder.country}）`, en: `${holder.name.en} (${holder.country})` },
    items: [
      ...named({ ja: '外国の制度', en: 'System of the country' }, holder.countrySystem),
      ...named({ ja: '相当措置', en: 'Equivalent measures' }, holder.abroad?.measures),
      ...named({ ja: '安全管理措置', en: 'Safety measures' }, holder.safetyMeasures),
      ...(holder.abroad === undefined
        ? []
        : [
            {
              ja: `確認日：${holder.abroad.reviewedAt}、次回：${holder.abroad.nextReview}`,
              en: `Last reviewed ${holder.abroad.reviewedAt}, next ${holder.abroad.nextReview}`,
            },
          ]),
    ],
  }));
  return sections.length > 0
    ? sections.map(({ heading, items }) => ({ heading, items: orNone(items) }))
    : [{ heading: { ja: '外国にある提供先', en: 'Recipients abroad' }, items: orNone([]) }];
}

/** APPI 32(2): for what each group that is held is used. */
function purposeSections({ held, policy }: Known): Sections {
  const groups = new Map<string, Set<string>>();
  for (const { group, purposes } of held) {
    const known = groups.get(group) ?? new Set<string>();
    for (const purpose of purposes) known.add(purpose);
    groups.set(group, known);
  }
  const sections = [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, purposes]) => ({
      heading: groupRules(policy, id)?.label ?? same(id),
      items: orNone([...purposes].sort().map((purpose) => purposeLabel(purpose, policy))),
    }));
  return sections.length > 0
    ? sections
    : [{ heading: { ja: '利用目的', en: 'Purposes of use' }, items: orNone([]) }];
}

function purposeLabel(id: string, policy: Policy): Labels {
  const { purposes, entrusted } = policy.rules;
  if (Object.hasOwn(purposes, id)) return purposes[id as PurposeId].label;
  return id === 'entrusted:tenant' ? entrusted.label : same(id);
}

const same = (id: string): Labels => ({ ja: id, en: id });
const none: Labels = { ja: 'なし', en: 'none' };
const orNone = (items: readonly Labels[]): Labels[] => (items.length === 0 ? [none] : [...items]);
const named = (name: Labels, value: Labels | undefined): Labels[] =>
  value === undefined ? [] : [{ ja: `${name.ja}：${value.ja}`, en: `${name.en}: ${value.en}` }];
