// Divisions of Bangladesh and their districts, as the API takes them.
export const districts = {
  Dhaka:
    'Dhaka,Faridpur,Gazipur,Gopalganj,Kishoreganj,Madaripur,Manikganj,Munshiganj,Narayanganj,Narsingdi,Rajbari,Shariatpur,Tangail',
  Barishal: 'Barguna,Barishal,Bhola,Jhalokati,Patuakhali,Pirojpur',
  Chattogram:
    "Bandarban,Brahmanbaria,Chandpur,Chattogram,Cox's Bazar,Cumilla,Feni,Khagrachhari,Lakshmipur,Noakhali,Rangamati",
  Khulna: 'Bagerhat,Chuadanga,Jashore,Jhenaidah,Khulna,Kushtia,Magura,Meherpur,Narail,Satkhira',
  Mymensingh: 'Jamalpur,Mymensingh,Netrokona,Sherpur',
  Rajshahi: 'Bogura,Chapainawabganj,Joypurhat,Naogaon,Natore,Pabna,Rajshahi,Sirajganj',
  Rangpur: 'Dinajpur,Gaibandha,Kurigram,Lalmonirhat,Nilphamari,Panchagarh,Rangpur,Thakurgaon',
  Sylhet: 'Habiganj,Moulvibazar,Sunamganj,Sylhet',
};
