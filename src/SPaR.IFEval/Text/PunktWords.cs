using System.Collections.Frozen;

namespace SPaR.IFEval.Text;

/// <summary>What Punkt's English model knows about periods. It was trained on a newspaper: it knows companies, states and titles, but
/// not "e.g." or "etc.".</summary>
internal static class PunktWords
{
    /// <summary>Without their last period. The single letters a, b, i, j, o, q, u, x, y and z are missing: a period after them may end a
    /// sentence.</summary>
    public static readonly FrozenSet<string> Abbreviations = Words("""
        mr mrs ms messrs dr prof sr jr st rep reps sen gen col maj lt adm bros
        inc corp co cos ltd cie s.p.a s.a n.v b.v chg
        jan feb aug sept sep oct nov dec tues wed fri a.m p.m yr
        u.s u.s.a u.k u.n u.s.s.r d.c l.a n.y n.j n.h n.c n.d n.m s.c r.i w.va
        ala ariz calif colo conn fla ga ill kan ky mich minn nev okla ok ore pa tenn va vt wash wis
        ave ft mg ct sw vs ph.d m.b.a a.d c.v
        a.a a.c a.g a.h a.m.e a.s a.t b.f c.i.t c.o.m.b d.h d.w e.f e.h e.l e.m f.g f.j g.d g.f g.k h.c h.f h.m i.m.s j.b j.c j.j j.k j.p
        j.r l.f l.p m.d.c m.j p.a.m r.a r.h r.j r.k r.t s.a.y s.g s.s t.j w.c w.r w.w
        c d e f g h k l m n p r s t v w
        """);

    /// <summary>Frequent first words: with a capital they begin a sentence even after an abbreviation.</summary>
    public static readonly FrozenSet<string> Openers = Words("""
        the this these there they he she it i
        in under among according despite since while when if though although but yet so nor
        however nevertheless nonetheless moreover meanwhile instead indeed thus similarly separately
        some many most both even sales
        """);

    /// <summary>Words that names and titles do not capitalise within a sentence, so a capital means the start of one.</summary>
    public static readonly FrozenSet<string> SmallWithin = Words("""
        her your here which whether through without upon within beyond unlike whenever anyone someone
        therefore furthermore otherwise hence besides certainly unfortunately surely
        currently recently eventually finally suddenly slowly briefly sometimes always together
        afterward specifically absolutely very
        does being try ask consider imagine remember thank please yes listen enjoy learn understand discover choose create explain
        follow prepare include provide check select send enter finish pick treat spend develop encourage establish apply
        looking starting creating including giving asking writing setting breaking introducing
        welcome true happy early different excellent brilliant personal alternative
        section chorus person title conclusion explanation experience phase scene version audience style content language
        customer team skills features challenges nature knowledge attention letters practice
        """);

    /// <summary>Seen in one phrase with a number, so a number before them does not end a sentence.</summary>
    public static readonly FrozenSet<string> AfterNumber = Words("""
        abreast business commodities corrections credit dividend financing insider international leisure letters notable pepper review
        who
        """);

    // Together with the words above: not a name, even with a capital after an initial.
    private static readonly FrozenSet<string> Ordinary = Words("""
        a an and as at by for from of on or to with about after before during into like near over
        we you my our their his its me us them who what why how where that those not no
        is are was were am be been can could may might must should will would do did has have had
        all any each every few more much other another one two three first second next last then now once just also still only
        let make take use get go come give keep start write read find know think look see say tell call show put set run
        good great new best old big long high low own same right way day time year people man woman child life world work home
        part place thing name word number point case fact question answer example reason result end
        """);

    // Names rarely end like this.
    private static readonly string[] OrdinaryEndings =
        ["ing", "ed", "tion", "tions", "ment", "ments", "ity", "ities", "ies", "ance", "ence", "ness", "ive"];

    /// <summary>Whether the word also occurs in lower case, so that it is not a name.</summary>
    public static bool IsOrdinary(string word) =>
        Ordinary.Contains(word) || SmallWithin.Contains(word) || (Openers.Contains(word) && word != "i") ||
        OrdinaryEndings.Any(ending => word.Length > ending.Length + 2 && word.EndsWith(ending, StringComparison.Ordinal));

    private static FrozenSet<string> Words(string list) =>
        list.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);
}
