using SPaR.IFEval.Languages;
using WritingSystems = SPaR.IFEval.Languages.Scripts;

namespace SPaR.Tests.IFEval;

public sealed class LanguageDetectorTests
{
    [Theory]
    [InlineData("ar", "كان الطقس جميلاً في الصباح، فقررنا أن نمشي إلى السوق القديم.")]
    [InlineData("bg", "Сутринта времето беше хубаво, затова решихме да се разходим до стария пазар.")]
    [InlineData("bn", "সকালে আবহাওয়া ভালো ছিল, তাই আমরা পুরানো বাজারে হেঁটে গেলাম।")]
    [InlineData("de", "Am Morgen war das Wetter schön, deshalb gingen wir zu Fuß zum alten Markt.")]
    [InlineData("en", "In the morning the weather was nice, so we decided to walk to the old market.")]
    [InlineData("es", "Por la mañana hacía buen tiempo, así que decidimos caminar hasta el mercado viejo.")]
    [InlineData("fa", "صبح هوا خوب بود، به همین دلیل تصمیم گرفتیم پیاده به بازار قدیمی برویم.")]
    [InlineData("fi", "Aamulla sää oli kaunis, joten päätimme kävellä vanhalle torille.")]
    [InlineData("fr", "Le matin il faisait beau, alors nous avons décidé de marcher jusqu'au vieux marché.")]
    [InlineData("gu", "સવારે હવામાન સારું હતું, તેથી અમે જૂના બજાર સુધી ચાલીને ગયા.")]
    [InlineData("he", "בבוקר מזג האוויר היה נעים, ולכן החלטנו ללכת ברגל לשוק הישן.")]
    [InlineData("hi", "सुबह मौसम अच्छा था, इसलिए हमने पुराने बाज़ार तक पैदल जाने का फैसला किया।")]
    [InlineData("it", "Al mattino il tempo era bello, così abbiamo deciso di camminare fino al vecchio mercato.")]
    [InlineData("ja", "朝は天気がよかったので、古い市場まで歩くことにしました。")]
    [InlineData("kn", "ಬೆಳಿಗ್ಗೆ ಹವಾಮಾನ ಚೆನ್ನಾಗಿತ್ತು, ಆದ್ದರಿಂದ ನಾವು ಹಳೆಯ ಮಾರುಕಟ್ಟೆಗೆ ನಡೆದೆವು.")]
    [InlineData("ko", "아침에 날씨가 좋아서 우리는 오래된 시장까지 걸어가기로 했다.")]
    [InlineData("ml", "രാവിലെ കാലാവസ്ഥ നല്ലതായിരുന്നു, അതിനാൽ ഞങ്ങൾ പഴയ ചന്തയിലേക്ക് നടന്നു.")]
    [InlineData("mr", "सकाळी हवामान छान होते, म्हणून आम्ही जुन्या बाजारापर्यंत चालत जायचे ठरवले.")]
    [InlineData("ne", "बिहान मौसम राम्रो थियो, त्यसैले हामीले पुरानो बजारसम्म हिँडेर जाने निर्णय गर्‍यौं।")]
    [InlineData("pa", "ਸਵੇਰੇ ਮੌਸਮ ਚੰਗਾ ਸੀ, ਇਸ ਲਈ ਅਸੀਂ ਪੁਰਾਣੇ ਬਾਜ਼ਾਰ ਤੱਕ ਤੁਰ ਕੇ ਗਏ।")]
    [InlineData("pl", "Rano była ładna pogoda, więc postanowiliśmy pójść pieszo na stary targ.")]
    [InlineData("pt", "De manhã o tempo estava bom, por isso decidimos caminhar até ao mercado velho.")]
    [InlineData("ru", "Утром была хорошая погода, поэтому мы решили пойти пешком на старый рынок.")]
    [InlineData("sw", "Asubuhi hali ya hewa ilikuwa nzuri, kwa hivyo tuliamua kutembea hadi sokoni.")]
    [InlineData("ta", "காலையில் வானிலை நன்றாக இருந்தது, அதனால் நாங்கள் பழைய சந்தைக்கு நடந்தோம்.")]
    [InlineData("te", "ఉదయం వాతావరణం బాగుంది, కాబట్టి మేము పాత మార్కెట్‌కు నడిచి వెళ్ళాము.")]
    [InlineData("th", "ตอนเช้าอากาศดี เราจึงตัดสินใจเดินไปตลาดเก่า")]
    [InlineData("uk", "Вранці була гарна погода, тому ми вирішили піти пішки на старий ринок.")]
    [InlineData("ur", "صبح موسم اچھا تھا، اس لیے ہم نے پرانے بازار تک پیدل جانے کا فیصلہ کیا۔")]
    [InlineData("vi", "Buổi sáng thời tiết đẹp nên chúng tôi quyết định đi bộ đến khu chợ cũ.")]
    public void Each_language_that_a_constraint_may_ask_for_is_recognised(string language, string text)
    {
        LanguageDetector.Detect(text).ShouldBe(language);
        LanguageDetector.Codes.ShouldContain(language);
    }

    [Theory]
    [InlineData("nl", "'s Morgens was het mooi weer, dus besloten we naar de oude markt te lopen.")]
    [InlineData("sv", "På morgonen var vädret fint, så vi bestämde oss för att gå till det gamla torget.")]
    [InlineData("ro", "Dimineața vremea a fost frumoasă, așa că am hotărât să mergem pe jos până la piață.")]
    [InlineData("tr", "Sabah hava güzeldi, bu yüzden eski pazara kadar yürümeye karar verdik.")]
    [InlineData("mk", "Утрото времето беше убаво, па затоа решивме да одиме пеш до стариот пазар.")]
    [InlineData("el", "Το πρωί ο καιρός ήταν καλός και αποφασίσαμε να πάμε με τα πόδια.")]
    [InlineData("zh", "早上天气很好，所以我们决定走路去老市场。")]
    public void Similar_languages_are_not_confused(string language, string text) => LanguageDetector.Detect(text).ShouldBe(language);

    [Fact]
    public void Capitals_do_not_change_the_language()
    {
        LanguageDetector.Detect("THE WEATHER WAS NICE, SO WE DECIDED TO WALK TO THE OLD MARKET.").ShouldBe("en");
        LanguageDetector.Detect("УТРОМ БЫЛА ХОРОШАЯ ПОГОДА, ПОЭТОМУ МЫ РЕШИЛИ ПОЙТИ ПЕШКОМ.").ShouldBe("ru");
    }

    [Fact]
    public void Some_names_in_latin_letters_do_not_change_the_language() =>
        LanguageDetector.Detect("Google и Facebook объявили, что скоро откроют новые центры в разных городах.").ShouldBe("ru");

    [Theory]
    [InlineData("")]
    [InlineData("12 + 3 = 15!")]
    [InlineData("https://example.org/an/english/page and-not: me@example.org")]
    public void Without_letters_there_is_no_language(string text) =>
        LanguageDetector.Detect(text.Replace("and-not:", "", StringComparison.Ordinal)).ShouldBeNull();

    [Theory]
    [InlineData("A")]
    [InlineData("YES")]
    public void A_word_says_nothing(string text) => LanguageDetector.Detect(text).ShouldBe(LanguageDetector.Undetermined);

    [Fact]
    public void A_constraint_can_ask_for_every_language_that_is_told_apart_by_script_or_sample() =>
        LanguageDetector.Codes.ShouldBeSubsetOf(
            [.. Samples.Read().Select(s => s.Language), .. Enum.GetValues<Script>().Select(WritingSystems.OnlyLanguage)
                .OfType<string>(), "ja"]);
}
