using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using SPaR.Llama.Binding;

namespace SPaR.Llama.Templates;

/// <summary>What a template writes before each turn's content and after the last.</summary>
/// <param name="Trims">For each turn, whether the template trims its content.</param>
internal sealed record Skeleton(ImmutableArray<string> Literals, ImmutableArray<bool> Trims);

/// <summary>Renders a template with a sentinel in place of each turn's content, once for each order of roles. Thread-safe.</summary>
/// <param name="template">The name under which llama.cpp renders it.</param>
internal sealed class Skeletons(string template)
{
    private readonly ConcurrentDictionary<string, Skeleton> _rendered = new();

    /// <exception cref="ArgumentException">The template leaves out a turn.</exception>
    public Skeleton Of(Role[] roles) => _rendered.GetOrAdd(
        string.Concat(roles.Select(r => ((int)r).ToString(CultureInfo.InvariantCulture))), _ => Render(roles));

    private Skeleton Render(Role[] roles)
    {
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
