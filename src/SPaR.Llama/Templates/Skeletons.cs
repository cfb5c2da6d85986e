using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using SPaR.Llama.Binding;

namespace SPaR.Llama.Templates;

/// <summary>What a template writes before each turn's content and after the last.</summary>
/// <param name="Trims">For each turn, whether the template trims its content.</param>
internal sealed record Skeleton(ImmutableArray<string> Literals, ImmutableArray<bool> Trims);

/// <summary>Renders a template with a sentinel in place of each turn's content, once for each order of roles. Thread-safe.</summary>
internal sealed class Skeletons(TemplateFormat format)
{
    private readonly ConcurrentDictionary<string, Skeleton> _rendered = new();

    /// <exception cref="ArgumentException">The template leaves out a turn.</exception>
    public Skeleton Of(Role[] roles) => _rendered.GetOrAdd(
        string.Concat(roles.Select(r => ((int)r).ToString(CultureInfo.InvariantCulture))), _ => OfFormat(roles));

    /// <summary>What llama.cpp renders, with what only the published template writes.</summary>
    private Skeleton OfFormat(Role[] roles)
    {
        if (roles is [Role.System, ..])
        {
            var given = Render(roles);
            return new(
                given.Literals.SetItem(0, given.Literals[0] + format.Preamble),
                format.KeepsSystem ? given.Trims.SetItem(0, false) : given.Trims);
        }
        if (format.DefaultSystem is not { } system)
            return Render(roles);
        var (literals, trims) = Render([Role.System, .. roles]);
        return new([literals[0] + format.Preamble + system + literals[1], .. literals[2..]], trims[1..]);
    }

    private Skeleton Render(Role[] roles)
    {
        var template = format.RenderedAs;
        // No template has these characters. The tabs show whether it trims the content.
        var text = LlamaLibrary.Render(
            template, [.. roles.Select((r, i) => (Name(r), $"\t\u0001{i.ToString(CultureInfo.InvariantCulture)}\u0001\t"))]);
        var literals = ImmutableArray.CreateBuilder<string>(roles.Length + 1);
        var trims = ImmutableArray.CreateBuilder<bool>(roles.Length);
        var from = 0;
        for (var i = 0; i < roles.Length; i++)
        {
            var sentinel = $"\u0001{i.ToString(CultureInfo.InvariantCulture)}\u0001";
            var at = text.IndexOf(sentinel, from, StringComparison.Ordinal);
            if (at < 0)
                throw new ArgumentException(
                    $"The chat template '{template}' leaves out turn {i + 1} ({Name(roles[i])}) of {roles.Length}. "
                    + "Use another template or order of turns.");
            var kept = at > from && text[at - 1] == '\t';
            literals.Add(text[from..(kept ? at - 1 : at)]);
            trims.Add(!kept);
            from = at + sentinel.Length + (kept ? 1 : 0);
        }
        literals.Add(text[from..]);
        return new Skeleton(literals.MoveToImmutable(), trims.MoveToImmutable());
    }

    private static string Name(Role role) => role switch
    {
        Role.System => "system",
        Role.User => "user",
        _ => "assistant",
    };
}
